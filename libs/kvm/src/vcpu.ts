import type { Accessor, HostAddress } from '@crosvm/data-model';
import { KVM_EXIT_INTR, KVM_RUN, kvm_run } from '@crosvm/kvm-sys';
import { Errno, ioctlRaw, Mapping, type OwnedFd, SysError } from '@crosvm/sys-util';

import { CoalescedWrites } from './coalesced-writes';
import { BorrowedFd, type FdRef } from './fd-ref';
import { VcpuExit } from './vcpu-exit';
import { VcpuState } from './vcpu-state';

const RUN = KVM_RUN.request;
const IMMEDIATE_EXIT = kvm_run.offsetOf('immediate_exit');
const REQUEST_INTERRUPT_WINDOW = kvm_run.offsetOf('request_interrupt_window');
const READY_FOR_INTERRUPT = kvm_run.offsetOf('ready_for_interrupt_injection');
const IF_FLAG = kvm_run.offsetOf('if_flag');
const EXIT_REASON = kvm_run.offsetOf('exit_reason');
const INTERRUPTED = -Errno.EINTR;
const NOT_STARTED = -Errno.EAGAIN;

/** A virtual CPU. Only the thread that runs it may call it; others may set `immediateExit`. */
export class Vcpu extends VcpuState implements Disposable {
  /** Why the last `run` returned. */
  readonly exit: VcpuExit;
  /**
   * The page shared with KVM, and those with data behind it, as bytes: exits are answered in place.
   * This and `runView` are raw windows: never look through them after `close`.
   */
  readonly runBytes: Uint8Array;
  /** The same as a view. */
  readonly runView: DataView;

  readonly #fd: FdRef;
  /** The descriptor's number once more, for the hot path; -1 when closed. */
  #raw: number;
  readonly #mapping: Mapping;
  #runStruct: Accessor<typeof kvm_run.fields> | undefined;
  #coalescedWrites: CoalescedWrites | undefined;

  private constructor(fd: FdRef, mmapSize: number) {
    super();
    this.#fd = fd;
    this.#raw = fd.raw;
    this.#mapping = Mapping.ofFd(fd.raw, { size: mmapSize });
    this.runBytes = this.#mapping.bytes;
    const { buffer, byteOffset, byteLength } = this.runBytes;
    this.runView = new DataView(buffer, byteOffset, byteLength);
    this.exit = new VcpuExit(this.runView);
  }

  /** A vCPU over a descriptor that it owns from now on; `Vm.createVcpu` does this. */
  static adopt(fd: OwnedFd, mmapSize: number): Vcpu {
    return new Vcpu(fd, mmapSize);
  }

  /**
   * A vCPU that another thread of this process owns, by the number of its descriptor, with a mapping
   * of its own. The owner keeps it open as long as this one is used.
   * @param mmapSize what `Kvm.vcpuMmapSize` says
   */
  static fromRaw(raw: number, mmapSize: number): Vcpu {
    return new Vcpu(new BorrowedFd(raw), mmapSize);
  }

  get raw(): number {
    return this.#fd.raw;
  }

  /**
   * Runs the guest until there is something to do, and says what: KVM_EXIT_*, with the details in
   * `exit`. KVM_EXIT_INTR where a signal or `immediateExit` ended it, or where the vCPU was not
   * started by another one yet. Answers to an exit take effect in the next run.
   * @throws SysError EFAULT, ENOEXEC and others if the vCPU cannot run
   */
  run(): number {
    const result = ioctlRaw(this.#raw, RUN, 0);
    if (result === 0) {
      return this.runView.getUint32(EXIT_REASON, true);
    }
    if (result === INTERRUPTED || result === NOT_STARTED) {
      return KVM_EXIT_INTR;
    }
    throw new SysError('ioctl(KVM_RUN)', -result);
  }

  /**
   * Makes `run` return KVM_EXIT_INTR at once, as long as it is set. A thread that wants to stop
   * another one's vCPU sets it and then sends the signal: no run can be missed that way.
   */
  get immediateExit(): boolean {
    return this.runView.getUint8(IMMEDIATE_EXIT) !== 0;
  }

  set immediateExit(exit: boolean) {
    this.runView.setUint8(IMMEDIATE_EXIT, exit ? 1 : 0);
  }

  /** Asks for KVM_EXIT_IRQ_WINDOW_OPEN as soon as the guest can take an interrupt. */
  set requestInterruptWindow(request: boolean) {
    this.runView.setUint8(REQUEST_INTERRUPT_WINDOW, request ? 1 : 0);
  }

  /** Whether `interrupt` can be called now. Valid after an exit. */
  get readyForInterrupt(): boolean {
    return this.runView.getUint8(READY_FOR_INTERRUPT) !== 0;
  }

  /** The guest's interrupt flag. Valid after an exit. */
  get interruptFlag(): boolean {
    return this.runView.getUint8(IF_FLAG) !== 0;
  }

  /** Everything in the shared page, by the kernel's names: for what is too rare for `exit`. */
  get runStruct(): Accessor<typeof kvm_run.fields> {
    this.#runStruct ??= kvm_run.over(this.runView, 0);
    return this.#runStruct;
  }

  /** The writes that `Vm.coalesceWrites` made KVM collect. Never look at it after `close`. */
  get coalescedWrites(): CoalescedWrites {
    this.#coalescedWrites ??= new CoalescedWrites(this.runView);
    return this.#coalescedWrites;
  }

  /** Where the shared page is in this process. */
  get runAddress(): HostAddress {
    return this.#mapping.address;
  }

  /** Closes the descriptor, if it is one's own, and unmaps the shared page. */
  close(): void {
    if (this.#raw >= 0) {
      this.#raw = -1;
      this.#fd.close();
      this.exit.rebind(new DataView(new ArrayBuffer(kvm_run.size)));
      this.#mapping.unmap();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

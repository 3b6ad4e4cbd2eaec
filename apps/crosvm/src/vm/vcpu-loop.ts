import type { AccessWidth, MmioBus, PortBus } from '@crosvm/devices';
import { describeExit, type Vcpu } from '@crosvm/kvm';
import {
  KVM_EXIT_INTR,
  KVM_EXIT_IO,
  KVM_EXIT_MMIO,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_SYSTEM_EVENT_RESET,
  KVM_SYSTEM_EVENT_SHUTDOWN,
} from '@crosvm/kvm-sys';

import { PostedWrites } from './posted-writes';
import { RunState, type SharedRunState } from './run-state';
import { type VcpuCounters, VcpuExit } from './vcpu-counters';
import type { VmEnd } from './vm-end';

/** What a vCPU works with. */
export interface VcpuParts {
  /** Its number, for messages. */
  readonly index: number;
  readonly vcpu: Vcpu;
  readonly ports: PortBus;
  readonly mmio: MmioBus;
  /** What `createPostedWritesLock` made. */
  readonly postedWrites: SharedArrayBuffer;
  readonly runState: SharedRunState;
  /** Called when a signal ended a run: takes the signal, so that the next run is not ended too. */
  readonly consumeKick: () => void;
  /** Called before the guest goes on after a pause, with the ticks of the TSC that it is not to see. */
  readonly onResume?: (stoppedTsc: bigint) => void;
  /** Counts its exits. */
  readonly exits: VcpuCounters;
}

/**
 * The life of one vCPU: runs the guest, answers its exits on the buses, and ends when the VM stops or
 * the guest does something that ends it. Nothing is allocated per exit.
 */
export class VcpuLoop {
  readonly #parts: VcpuParts;
  readonly #posted: PostedWrites;
  readonly #exits: VcpuCounters;
  #end: VmEnd | undefined;
  #acted = false;
  /** How often it went on after a pause. */
  #resumes = 0;

  constructor(parts: VcpuParts) {
    const { vcpu, ports, postedWrites } = parts;
    this.#parts = parts;
    this.#exits = parts.exits;
    this.#posted = new PostedWrites(vcpu, ports, postedWrites);
  }

  /** Ends the loop after the exit that is being served: for power and reset registers. */
  endWith(end: VmEnd): void {
    this.#end ??= end;
  }

  /**
   * Runs until the end. Returns why the VM ended, or undefined if it was told to stop.
   * @throws SysError if KVM refuses to run the vCPU
   */
  run(): VmEnd | undefined {
    const { runState } = this.#parts;
    while (this.#end === undefined) {
      if (runState.state !== RunState.Running && !this.#waitToRun()) {
        return undefined;
      }
      this.#runOnce();
    }
    return this.#end;
  }

  /** Waits while the VM is paused; false if it is being stopped. */
  #waitToRun(): boolean {
    const { runState, onResume } = this.#parts;
    if (runState.waitWhilePaused() === RunState.Stopping) {
      return false;
    }
    const { resumes } = runState;
    if (resumes !== this.#resumes) {
      this.#resumes = resumes;
      onResume?.(runState.stoppedTsc);
    }
    return true;
  }

  #runOnce(): void {
    const { vcpu } = this.#parts;
    const reason = vcpu.run();
    this.#posted.deliver();
    if (!this.#acted && reason !== KVM_EXIT_INTR) {
      this.#acted = true;
      this.#parts.runState.setGuestActed();
    }
    switch (reason) {
      case KVM_EXIT_IO:
        this.#servePort();
        break;
      case KVM_EXIT_MMIO:
        this.#serveMmio();
        break;
      case KVM_EXIT_INTR:
        this.#exits.count(VcpuExit.Signal);
        this.#parts.consumeKick();
        break;
      case KVM_EXIT_SYSTEM_EVENT:
        this.#serveSystemEvent();
        break;
      default:
        this.#exits.count(VcpuExit.Other);
        this.#crash();
    }
  }

  #servePort(): void {
    const { vcpu, ports } = this.#parts;
    const { exit, runView } = vcpu;
    const { ioPort: port, ioCount: count, ioDataOffset } = exit;
    const width = exit.ioSize as AccessWidth;
    const isWrite = exit.ioIsWrite;
    this.#exits.count(isWrite ? VcpuExit.PortWrite : VcpuExit.PortRead);
    for (let index = 0, at = ioDataOffset; index < count; index += 1, at += width) {
      if (isWrite) {
        ports.write(port, width, runView, at);
      } else {
        ports.read(port, width, runView, at);
      }
    }
  }

  #serveMmio(): void {
    const { vcpu, mmio } = this.#parts;
    const { exit, runView } = vcpu;
    if (exit.mmioIsWrite) {
      this.#exits.count(VcpuExit.MmioWrite);
      mmio.write(exit, runView);
    } else {
      this.#exits.count(VcpuExit.MmioRead);
      mmio.read(exit, runView);
    }
  }

  #serveSystemEvent(): void {
    const { vcpu } = this.#parts;
    this.#exits.count(VcpuExit.SystemEvent);
    switch (vcpu.exit.systemEventType) {
      case KVM_SYSTEM_EVENT_SHUTDOWN:
        this.endWith({ kind: 'poweroff' });
        break;
      case KVM_SYSTEM_EVENT_RESET:
        this.endWith({ kind: 'reset' });
        break;
      default:
        this.#crash();
    }
  }

  #crash(): void {
    const { vcpu, index } = this.#parts;
    this.endWith({ kind: 'crash', detail: `vCPU ${index}: ${describeExit(vcpu)}` });
  }
}

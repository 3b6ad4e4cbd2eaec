import type { GuestAddress } from '@crosvm/data-model';
import { KVM_EXIT_IO_OUT, kvm_run } from '@crosvm/kvm-sys';

const TWO_POW_32 = 0x1_0000_0000;

const EXIT = kvm_run.offsetOf('exit');
const MEMBERS = kvm_run.fields.exit.fields;

const EXIT_REASON = kvm_run.offsetOf('exit_reason');
const IO_DIRECTION = EXIT + MEMBERS.io.offsetOf('direction');
const IO_SIZE = EXIT + MEMBERS.io.offsetOf('size');
const IO_PORT = EXIT + MEMBERS.io.offsetOf('port');
const IO_COUNT = EXIT + MEMBERS.io.offsetOf('count');
const IO_DATA_OFFSET = EXIT + MEMBERS.io.offsetOf('data_offset');
const MMIO_PHYS_ADDR = EXIT + MEMBERS.mmio.offsetOf('phys_addr');
const MMIO_DATA = EXIT + MEMBERS.mmio.offsetOf('data');
const MMIO_LEN = EXIT + MEMBERS.mmio.offsetOf('len');
const MMIO_IS_WRITE = EXIT + MEMBERS.mmio.offsetOf('is_write');
const EOI_VECTOR = EXIT + MEMBERS.eoi.offsetOf('vector');
const MSR_ERROR = EXIT + MEMBERS.msr.offsetOf('error');
const MSR_INDEX = EXIT + MEMBERS.msr.offsetOf('index');
const SYSTEM_EVENT_TYPE = EXIT + MEMBERS.system_event.offsetOf('type');
const INTERNAL_SUBERROR = EXIT + MEMBERS.internal.offsetOf('suberror');

/**
 * Why a vCPU stopped: a window on the page that it shares with KVM, made once and read after every
 * exit. Only what belongs to the exit reason is valid. Nothing here allocates, so 64-bit addresses
 * are numbers; everything else, and the 64-bit values, is in `Vcpu.runStruct`.
 */
export class VcpuExit {
  /**
   * Offset of the data of a KVM_EXIT_MMIO in the shared page: `mmioLength` bytes, little-endian,
   * that the guest wrote, or where its answer goes.
   */
  readonly mmioDataOffset = MMIO_DATA;

  #view: DataView;

  /** @param view over a `kvm_run` */
  constructor(view: DataView) {
    this.#view = view;
  }

  /** KVM_EXIT_*; not of an interrupted run, which only `Vcpu.run` tells. */
  get reason(): number {
    return this.#view.getUint32(EXIT_REASON, true);
  }

  /** KVM_EXIT_IO: the port. */
  get ioPort(): number {
    return this.#view.getUint16(IO_PORT, true);
  }

  /** KVM_EXIT_IO: bytes of one access: 1, 2 or 4. */
  get ioSize(): number {
    return this.#view.getUint8(IO_SIZE);
  }

  /** KVM_EXIT_IO: accesses, more than one with string instructions. */
  get ioCount(): number {
    return this.#view.getUint32(IO_COUNT, true);
  }

  /** KVM_EXIT_IO: the guest writes. */
  get ioIsWrite(): boolean {
    return this.#view.getUint8(IO_DIRECTION) === KVM_EXIT_IO_OUT;
  }

  /**
   * KVM_EXIT_IO: offset in the shared page of `ioCount` values of `ioSize` bytes, little-endian,
   * that the guest wrote, or where its answers go.
   */
  get ioDataOffset(): number {
    return this.#pair(IO_DATA_OFFSET);
  }

  /** KVM_EXIT_MMIO: the guest-physical address. */
  get mmioAddress(): GuestAddress {
    return this.#pair(MMIO_PHYS_ADDR);
  }

  /** KVM_EXIT_MMIO: bits 0 to 31 of the address, signed, which never allocates. */
  get mmioAddressLow(): number {
    return this.#view.getInt32(MMIO_PHYS_ADDR, true);
  }

  /** KVM_EXIT_MMIO: bits 32 to 63 of the address, signed. */
  get mmioAddressHigh(): number {
    return this.#view.getInt32(MMIO_PHYS_ADDR + 4, true);
  }

  /** KVM_EXIT_MMIO: bytes, 1 to 8. */
  get mmioLength(): number {
    return this.#view.getUint32(MMIO_LEN, true);
  }

  /** KVM_EXIT_MMIO: the guest writes. */
  get mmioIsWrite(): boolean {
    return this.#view.getUint8(MMIO_IS_WRITE) !== 0;
  }

  /** KVM_EXIT_SYSTEM_EVENT: KVM_SYSTEM_EVENT_* */
  get systemEventType(): number {
    return this.#view.getUint32(SYSTEM_EVENT_TYPE, true);
  }

  /** KVM_EXIT_INTERNAL_ERROR: KVM_INTERNAL_ERROR_* */
  get internalSuberror(): number {
    return this.#view.getUint32(INTERNAL_SUBERROR, true);
  }

  /** KVM_EXIT_IOAPIC_EOI: the vector whose interrupt ended. */
  get eoiVector(): number {
    return this.#view.getUint8(EOI_VECTOR);
  }

  /** KVM_EXIT_X86_RDMSR and KVM_EXIT_X86_WRMSR: the MSR. */
  get msrIndex(): number {
    return this.#view.getUint32(MSR_INDEX, true);
  }

  /** KVM_EXIT_X86_RDMSR and KVM_EXIT_X86_WRMSR: answers #GP if set before the next run. */
  set msrError(error: boolean) {
    this.#view.setUint8(MSR_ERROR, error ? 1 : 0);
  }

  /** Looks at another page from now on, because the one so far is about to be unmapped. */
  rebind(view: DataView): void {
    this.#view = view;
  }

  #pair(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_POW_32;
  }
}

/** Bytes of glibc's `sigset_t`. */
const GLIBC_BYTES = 128;
/** Bytes of the kernel's: 64 signals. */
const KERNEL_BYTES = 8;
const MAX_SIGNAL = 64;

/** A set of signals, in the form that libc and the kernel take. */
export class SignalSet {
  /** As glibc's `sigset_t`, 128 bytes. */
  readonly bytes = new Uint8Array(GLIBC_BYTES);

  /**
   * @param signals numbers, 1 to 64; names are in `os.constants.signals`
   * @throws RangeError if one is no signal
   */
  constructor(signals: readonly number[] = []) {
    for (const signal of signals) {
      if (!Number.isInteger(signal) || signal < 1 || signal > MAX_SIGNAL) {
        throw new RangeError(`${signal} is not a signal`);
      }
      const bit = signal - 1;
      this.bytes[bit >> 3] = (this.bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  /** As the kernel's `sigset_t`, 8 bytes, for calls that bypass libc such as KVM_SET_SIGNAL_MASK. */
  get kernelBytes(): Uint8Array {
    return this.bytes.subarray(0, KERNEL_BYTES);
  }

  /** Whether `signal` is in the set. */
  has(signal: number): boolean {
    const bit = signal - 1;
    return ((this.bytes[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }
}

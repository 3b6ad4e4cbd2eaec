/** What is wrong with a kernel, an initrd or a kernel command line. Stable: callers may branch on it. */
export type KernelErrorCode =
  /** A directory, a pipe, a device: not a regular file. */
  | 'NOT_A_FILE'
  | 'EMPTY'
  /** Reading failed; the system's error is the `cause`. */
  | 'UNREADABLE'
  /** Something else than a kernel: text, a script, a disk image, a program... */
  | 'NOT_A_KERNEL'
  /** Compressed as a whole: has to be decompressed first. */
  | 'COMPRESSED'
  /** ELF, but for 32-bit machines. */
  | 'WRONG_CLASS'
  | 'WRONG_ENDIAN'
  /** For another kind of processor. */
  | 'WRONG_MACHINE'
  /** A bzImage that has no 64-bit entry point: older than Linux 3.8, or 32-bit. */
  | 'NO_64BIT_ENTRY'
  /** The file ends before what its headers promise. */
  | 'TRUNCATED'
  /** Headers that contradict themselves or the specification. */
  | 'BAD_HEADER'
  | 'OVERLAPPING_SEGMENTS'
  | 'BAD_ENTRY'
  /** Wants to be where a guest never has memory. */
  | 'BAD_ADDRESS'
  | 'TOO_LITTLE_MEMORY'
  | 'INITRD_TOO_LARGE'
  | 'COMMAND_LINE_TOO_LONG'
  /** A character that no kernel command line can carry. */
  | 'COMMAND_LINE_CHARACTER';

/**
 * A kernel, initrd or command line that cannot be booted.
 * The message continues a sentence that begins with the name of the file: "vmlinux" + " " +
 * "is a 32-bit ELF file; ...".
 */
export class KernelError extends Error {
  override readonly name = 'KernelError';

  constructor(
    readonly code: KernelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

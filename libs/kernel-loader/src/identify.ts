import type { ImageSource } from './image-source';
import { KernelError, type KernelErrorCode } from './kernel-error';
import { BOOT_FLAG, HDRS } from './abi/setup-header';

/** What a kernel image is, by its content. */
export type ImageFormat = 'elf' | 'bzImage';

/** Enough for every signature below and for the part of the setup header that names a bzImage. */
const HEAD_BYTES = 0x210;
const BOOT_FLAG_OFFSET = 0x1fe;
const HDRS_OFFSET = 0x202;

interface Signature {
  readonly at?: number;
  /** Bytes, one character each. */
  readonly magic: string;
  readonly code: KernelErrorCode;
  readonly says: string;
}

function compressed(format: string, magic: string, command: string): Signature {
  return {
    magic,
    code: 'COMPRESSED',
    says: `is a ${format} file: decompress it with '${command}'`,
  };
}

function other(magic: string, says: string, at = 0): Signature {
  return { at, magic, code: 'NOT_A_KERNEL', says };
}

/** What people give instead of a kernel, with the remedy where there is one. */
const SIGNATURES: readonly Signature[] = [
  compressed('gzip', '\x1f\x8b', 'gzip -d'),
  compressed('xz', '\xfd7zXZ\0', 'xz -d'),
  compressed('zstd', '\x28\xb5\x2f\xfd', 'zstd -d'),
  compressed('bzip2', 'BZh', 'bzip2 -d'),
  compressed('lz4', '\x04\x22\x4d\x18', 'lz4 -d'),
  compressed('lz4', '\x02\x21\x4c\x18', 'lz4 -d'),
  compressed('lzop', '\x89LZO', 'lzop -d'),
  compressed('lzma', '\x5d\0\0', 'xz -d --format=lzma'),
  {
    at: 0x38,
    magic: 'ARM\x64',
    code: 'WRONG_MACHINE',
    says: 'is an arm64 Image; crosvm boots 64-bit x86 kernels',
  },
  {
    at: 0x38,
    magic: 'RSC\x05',
    code: 'WRONG_MACHINE',
    says: 'is a RISC-V Image; crosvm boots 64-bit x86 kernels',
  },
  other('\x27\x05\x19\x56', 'is a U-Boot image, not a Linux kernel for x86'),
  other('070701', 'is a cpio archive, not a kernel: give an initrd with -i'),
  other('070702', 'is a cpio archive, not a kernel: give an initrd with -i'),
  other('QFI\xfb', 'is a qcow2 disk image, not a kernel'),
  other('hsqs', 'is a squashfs file system, not a kernel'),
  other('!<arch>\n', 'is an archive or a Debian package, not a kernel'),
  other('#!', 'is a script, not a kernel'),
  other('MZ', 'is a program for Windows or UEFI, not a Linux kernel'),
  other('\x55\xaa', 'is a disk image or boot sector, not a kernel', BOOT_FLAG_OFFSET),
];

function has(head: Uint8Array, magic: string, at = 0): boolean {
  return Buffer.from(head).toString('latin1', at, at + magic.length) === magic;
}

function isBzImage(head: Uint8Array): boolean {
  if (head.length < HEAD_BYTES) {
    return false;
  }
  const view = new DataView(head.buffer, head.byteOffset);
  return (
    view.getUint16(BOOT_FLAG_OFFSET, true) === BOOT_FLAG &&
    view.getUint32(HDRS_OFFSET, true) === HDRS
  );
}

/** Whether all bytes are what an ASCII text is made of. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d));
}

function reject(head: Uint8Array): never {
  const known = SIGNATURES.find(({ magic, at }) => has(head, magic, at));
  if (known !== undefined) {
    throw new KernelError(known.code, known.says);
  }
  if (isText(head)) {
    throw new KernelError('NOT_A_KERNEL', 'is a text file, not a kernel');
  }
  throw new KernelError('NOT_A_KERNEL', 'is not a kernel: neither an ELF file nor a bzImage');
}

/**
 * Tells the format of a kernel by its content; names never matter.
 * @throws KernelError saying what the file is instead: EMPTY, COMPRESSED, WRONG_MACHINE,
 *   NOT_A_KERNEL; or that it cannot be read
 */
export function identify(source: ImageSource): ImageFormat {
  if (source.size === 0) {
    throw new KernelError('EMPTY', 'is empty');
  }
  const head = source.read(0, Math.min(source.size, HEAD_BYTES));
  if (has(head, '\x7fELF')) {
    return 'elf';
  }
  return isBzImage(head) ? 'bzImage' : reject(head);
}

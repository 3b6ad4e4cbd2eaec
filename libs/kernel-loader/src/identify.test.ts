import { identify } from './identify';
import { bytesSource } from './image-source';
import { KernelError } from './kernel-error';
import { tinyBzImage, tinyElf } from './testing';

const identifyBytes = (bytes: Uint8Array) => identify(bytesSource(bytes));

/** `magic` at an offset of a page of bytes that are no text. */
function page(magic: string, at = 0): Uint8Array {
  const bytes = Buffer.alloc(4096, 0x80);
  bytes.write(magic, at, 'latin1');
  return new Uint8Array(bytes);
}

describe('identify', () => {
  it('knows an ELF file and a bzImage by their content', () => {
    const segments = [{ at: 0, bytes: new Uint8Array(1) }];
    expect(identifyBytes(tinyElf({ segments }))).toBe('elf');
    expect(identifyBytes(tinyBzImage(new Uint8Array(0x400)))).toBe('bzImage');
  });

  it.each([
    ['COMPRESSED', "is a gzip file: decompress it with 'gzip -d'", page('\x1f\x8b\x08')],
    ['COMPRESSED', "is a xz file: decompress it with 'xz -d'", page('\xfd7zXZ\0')],
    ['COMPRESSED', "is a zstd file: decompress it with 'zstd -d'", page('\x28\xb5\x2f\xfd')],
    ['COMPRESSED', 'is a lzma file', page('\x5d\0\0')],
    ['WRONG_MACHINE', 'is an arm64 Image; crosvm boots 64-bit x86', page('ARM\x64', 0x38)],
    ['NOT_A_KERNEL', 'is a cpio archive, not a kernel: give an initrd with -i', page('070701')],
    ['NOT_A_KERNEL', 'is a qcow2 disk image', page('QFI\xfb')],
    ['NOT_A_KERNEL', 'is a script', page('#!/bin/sh\n')],
    ['NOT_A_KERNEL', 'is a program for Windows or UEFI', page('MZ')],
    ['NOT_A_KERNEL', 'is a disk image or boot sector', page('\x55\xaa', 0x1fe)],
    ['NOT_A_KERNEL', 'is a text file', Buffer.from('hello\n')],
    ['NOT_A_KERNEL', 'neither an ELF file nor a bzImage', page('')],
    ['NOT_A_KERNEL', 'neither an ELF file nor a bzImage', Uint8Array.of(0)],
    ['EMPTY', 'is empty', new Uint8Array()],
  ])('says what else a file is: %s, %s', (code, message, bytes) => {
    const attempt = () => identifyBytes(bytes);
    expect(attempt).toThrow(KernelError);
    expect(attempt).toThrow(expect.objectContaining({ code }) as Error);
    expect(attempt).toThrow(message);
  });
});

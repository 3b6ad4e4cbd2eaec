import { GuestMemory } from '@crosvm/sys-util';

import { bytesSource } from './image-source';
import type { KernelErrorCode } from './kernel-error';
import { loadKernel } from './load-kernel';
import { patchElfHeader, patchProgramHeader, tinyElf } from './testing';

const MiB = 1024 * 1024;
const START = 16 * MiB;
const memory = GuestMemory.create([{ at: 0, size: 64 * MiB }]);

const text = Uint8Array.of(1, 2, 3, 4, 5);
const data = Uint8Array.of(6, 7, 8);
const vmlinux = () =>
  tinyElf({
    segments: [
      { at: START, bytes: text },
      { at: START + 0x2000, bytes: data, memorySize: 0x1800 },
    ],
    entry: START + 1,
  });

const load = (image: Uint8Array) => loadKernel(memory, bytesSource(image));

const failure = (code: KernelErrorCode, message: string): Error =>
  expect.objectContaining({
    name: 'KernelError',
    code,
    message: expect.stringContaining(message) as string,
  }) as Error;

describe('a top-level vmlinux', () => {
  it('is loaded where it is linked, with its BSS zeroed', () => {
    memory.fill(START, 0x5000, 0xff);

    const kernel = load(vmlinux());

    expect(kernel).toMatchObject({
      kind: 'vmlinux',
      start: START,
      end: START + 0x4000,
      entry: START + 1,
    });
    expect(memory.read(START, 6)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 0xff));
    expect(memory.read(START + 0x2000, 0x1800)).toEqual(
      new Uint8Array(0x1800).fill(0).map((_, index) => data[index] ?? 0),
    );
    expect(memory.readU8(START + 0x3800)).toBe(0xff);
  });

  it('gets a setup header that says what it needs', () => {
    const { setupHeader } = load(vmlinux());
    expect(setupHeader).toMatchObject({
      boot_flag: 0xaa55,
      header: 0x53726448,
      init_size: 0x4000,
      pref_address: START,
      initrd_addr_max: 0x7fff_ffff,
      cmdline_size: 2047,
    });
  });

  it('may have its segments in any order', () => {
    const image = tinyElf({
      segments: [
        { at: START + 0x2000, bytes: data },
        { at: START, bytes: text },
      ],
      entry: START,
    });
    expect(load(image)).toMatchObject({ start: START, end: START + 0x3000 });
  });

  it('may touch the end of memory', () => {
    const segments = [{ at: 63 * MiB, bytes: text, memorySize: MiB }];
    expect(load(tinyElf({ segments }))).toMatchObject({ end: 64 * MiB });
  });
});

describe('a bad ELF file', () => {
  it.each<[string, KernelErrorCode, string, Uint8Array]>([
    ['32-bit', 'WRONG_CLASS', 'is a 32-bit ELF file; crosvm boots 64-bit', identFrom4(1)],
    ['of no known class', 'BAD_HEADER', 'unknown class 9', identFrom4(9)],
    ['big-endian', 'WRONG_ENDIAN', 'is a big-endian ELF file', identFrom4(2, 2)],
    ['of no known byte order', 'BAD_HEADER', 'unknown byte order 7', identFrom4(2, 7)],
    ['for arm64', 'WRONG_MACHINE', 'an aarch64 ELF file', patched({ e_machine: 183 })],
    ['for an unknown machine', 'WRONG_MACHINE', 'machine type 999', patched({ e_machine: 999 })],
    ['an object file', 'NOT_A_KERNEL', 'object file or a kernel module', patched({ e_type: 1 })],
    ['a core dump', 'NOT_A_KERNEL', 'core dump', patched({ e_type: 4 })],
    ['of no known type', 'BAD_HEADER', 'unknown type 77', patched({ e_type: 77 })],
    ['odd program headers', 'BAD_HEADER', 'of 32 bytes', patched({ e_phentsize: 32 })],
    ['no program headers', 'BAD_HEADER', 'has 0 program headers', patched({ e_phnum: 0 })],
    ['absurdly many', 'BAD_HEADER', 'has 65535 program headers', patched({ e_phnum: 65535 })],
    ['headers beyond the end', 'TRUNCATED', 'is truncated', patched({ e_phoff: 2 ** 52 })],
    ['an entry below', 'BAD_ENTRY', 'entry point 0xffffff', patched({ e_entry: START - 1 })],
    ['an entry in the BSS', 'BAD_ENTRY', 'outside', patched({ e_entry: START + 0x2003 })],
    ['a program', 'NOT_A_KERNEL', 'program for Linux', segment({ p_type: 3 })],
    ['nothing to load', 'BAD_HEADER', 'no segment to load', onlyNotes()],
    ['more file than memory', 'BAD_HEADER', 'segment 0 with more', segment({ p_memsz: 2 })],
    ['a cut-off segment', 'TRUNCATED', 'segment 0 reaches', segment({ p_offset: 1 << 20 })],
    ['an offset that wraps', 'TRUNCATED', 'segment 0', segment({ p_offset: 2 ** 53 - 2 })],
    ['a segment that wraps', 'BAD_ADDRESS', 'segment 0', segment({ p_paddr: 2 ** 53 - 2 })],
    ['overlap', 'OVERLAPPING_SEGMENTS', '0x1002000', segment({ p_memsz: 0x2001 })],
    ['a huge BSS', 'TOO_LITTLE_MEMORY', 'needs 116 MiB of guest memory', bss(100 * MiB)],
    ['a segment above 4 GiB', 'BAD_ADDRESS', 'where no guest has memory', bss(2 ** 40)],
    ['not even a header', 'TRUNCATED', 'is truncated', vmlinux().subarray(0, 40)],
    ['not even a class', 'TRUNCATED', 'is truncated', vmlinux().subarray(0, 8)],
  ])('is refused: %s', (_, code, message, image) => {
    memory.fill(START, 0x4000, 0xee);

    expect(() => load(image)).toThrow(failure(code, message));

    expect(memory.read(START, 0x4000).every((byte) => byte === 0xee)).toBe(true);
  });
});

function identFrom4(...ident: number[]): Uint8Array {
  const image = vmlinux();
  image.set(ident, 4);
  return image;
}

function patched(fields: Parameters<typeof patchElfHeader>[1]): Uint8Array {
  return patchElfHeader(vmlinux(), fields);
}

function segment(fields: Parameters<typeof patchProgramHeader>[2]): Uint8Array {
  return patchProgramHeader(vmlinux(), 0, fields);
}

function onlyNotes(): Uint8Array {
  return patchProgramHeader(segment({ p_type: 4 }), 1, { p_type: 4 });
}

function bss(p_memsz: number): Uint8Array {
  return tinyElf({ segments: [{ at: START, bytes: text, memorySize: p_memsz }] });
}

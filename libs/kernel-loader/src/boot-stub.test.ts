import { GuestMemory } from '@crosvm/sys-util';

import { bytesSource } from './image-source';
import { loadKernel } from './load-kernel';
import { tinyElf, type TinyElf } from './testing';

const MiB = 1024 * 1024;
const STUB_BYTES = 0x3000;
const ENTRY = 0x200;

/** Payload of `input` bytes that says it decompresses to `output`. */
function payload(input: number, output: number): Uint8Array {
  const bytes = new Uint8Array(input);
  new DataView(bytes.buffer).setUint32(input - 4, output, true);
  return bytes;
}

function stub(extra: Partial<TinyElf> = {}): Uint8Array {
  const segments = [{ at: 0, bytes: new Uint8Array(0x400).fill(0xc3), memorySize: STUB_BYTES }];
  return tinyElf({ segments, entry: ENTRY, ...extra });
}

function loadInto(mebibytes: number, image: Uint8Array) {
  const memory = GuestMemory.create([{ at: 0, size: mebibytes * MiB }]);
  return { memory, kernel: loadKernel(memory, bytesSource(image)) };
}

/** 4 MiB of payload for a kernel of 12 MiB: the gap between them, 1/256 and 128 KiB to spare. */
const sizes = { z_input_len: 4 * MiB, z_output_len: 12 * MiB };
const BUFFER = STUB_BYTES + 8 * MiB + 12 * 4096 + 128 * 1024;

describe('arch/x86/boot/compressed/vmlinux', () => {
  it('is loaded at 16 MiB although it is linked at 0', () => {
    const { memory, kernel } = loadInto(128, stub({ symbols: sizes }));

    expect(kernel).toMatchObject({
      kind: 'compressed-vmlinux',
      start: 16 * MiB,
      entry: 16 * MiB + ENTRY,
    });
    expect(memory.readU8(16 * MiB + 0x3ff)).toBe(0xc3);
    expect(memory.read(0, 0x1000).every((byte) => byte === 0)).toBe(true);
  });

  it('gets the alignment that decompresses the kernel to where the stub was loaded', () => {
    const { kernel } = loadInto(128, stub({ symbols: sizes }));
    expect(kernel.start % kernel.setupHeader.kernel_alignment).toBe(0);
    expect(kernel.setupHeader.pref_address).toBe(kernel.start);
  });

  it('reserves the kernel with its BSS where the symbols tell its size', () => {
    const total = 30 * MiB;
    const image = stub({ symbols: { ...sizes, kernel_total_size: 0x100 } });
    // The constant is in the stub's only segment, 0x100 bytes behind the headers of 64 and 56.
    new DataView(image.buffer).setBigUint64(64 + 56 + 0x100, BigInt(total), true);

    const { kernel } = loadInto(128, image);

    expect(kernel.setupHeader.init_size).toBe(total);
    expect(kernel.end).toBe(16 * MiB + total);
  });

  it('reserves the buffer for decompression in place where that is more', () => {
    const symbols = { z_input_len: 1 * MiB, z_output_len: 100 * MiB, kernel_total_size: 0x100 };
    const image = stub({ symbols });
    new DataView(image.buffer).setBigUint64(64 + 56 + 0x100, BigInt(10 * MiB), true);

    const { kernel } = loadInto(128, image);

    const extra = (100 * MiB) / 256 + 128 * 1024;
    expect(kernel.setupHeader.init_size).toBe(STUB_BYTES + 99 * MiB + extra);
  });

  it('guesses a generous BSS where only the sizes of the payload are known', () => {
    const { kernel } = loadInto(128, stub({ symbols: sizes }));
    expect(kernel.setupHeader.init_size).toBe((12 + 32) * MiB);
  });

  it('takes the sizes of the payload from its section where symbols are stripped', () => {
    const sections = [{ name: '.rodata..compressed', bytes: payload(MiB, 12 * MiB) }];
    const { kernel } = loadInto(128, stub({ sections }));
    expect(kernel.setupHeader.init_size).toBe((12 + 32) * MiB);
  });

  it('makes do with the memory there is', () => {
    const { kernel } = loadInto(16 + 40, stub({ symbols: sizes }));
    expect(kernel.setupHeader.init_size).toBe(40 * MiB);
  });

  it('is refused where not even decompression fits', () => {
    const needed = Math.ceil((16 * MiB + Math.max(BUFFER, 12 * MiB)) / MiB);
    expect(() => loadInto(needed - 1, stub({ symbols: sizes }))).toThrow(
      `needs ${needed} MiB of guest memory and there are ${needed - 1}: give more with -m`,
    );
  });

  it.each<[string, Partial<TinyElf>]>([
    ['no sections at all', {}],
    ['sizes of nothing', { symbols: { z_input_len: 0, z_output_len: 0 } }],
    ['absurd sizes', { symbols: { z_input_len: 2 ** 50, z_output_len: 2 ** 50 } }],
    ['an empty payload', { sections: [{ name: '.rodata..compressed', bytes: new Uint8Array() }] }],
  ])('falls back on its own size with %s', (_, extra) => {
    const { kernel } = loadInto(128, stub(extra));
    expect(kernel.setupHeader.init_size).toBe(STUB_BYTES * 16);
  });
});

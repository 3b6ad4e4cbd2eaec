import { GuestMemory } from '@crosvm/sys-util';
import fc from 'fast-check';

import { bytesSource } from './image-source';
import { KernelError } from './kernel-error';
import { loadKernel } from './load-kernel';
import { tinyBzImage, tinyElf } from './testing';

const MiB = 1024 * 1024;

/*
 * Guest memory from 1 MiB to 24 MiB only: whatever a header makes the loader write below or above
 * throws a GuestMemoryError, which fails the property.
 */
const memory = GuestMemory.create([{ at: MiB, size: 23 * MiB }]);

const vmlinux = tinyElf({
  segments: [
    { at: 16 * MiB, bytes: new Uint8Array(0x300).fill(1), memorySize: 0x800 },
    { at: 17 * MiB, bytes: new Uint8Array(0x100).fill(2) },
  ],
});

const stub = tinyElf({
  segments: [{ at: 0, bytes: new Uint8Array(0x400).fill(3) }],
  entry: 0x200,
  symbols: { z_input_len: 0x1000, z_output_len: 0x2000, kernel_total_size: 0x10 },
  sections: [{ name: '.rodata..compressed', bytes: new Uint8Array(64).fill(4) }],
});

const bzImage = tinyBzImage(new Uint8Array(0x400).fill(5), { init_size: MiB });

/** Either a kernel that fits into memory, or an error that says what is wrong with the image. */
function checkLoad(image: Uint8Array): void {
  try {
    const { start, end, entry } = loadKernel(memory, bytesSource(image));
    expect(memory.contains(start, end - start)).toBe(true);
    expect(entry >= start && entry < end).toBe(true);
  } catch (error) {
    expect(error).toBeInstanceOf(KernelError);
  }
}

const interesting = fc.constantFrom(
  0n,
  1n,
  0x7fn,
  0xffffn,
  0xffff_ffffn,
  0x7fff_ffffn,
  0x10_0000n,
  0x100_0000n,
  0x180_0000n,
  0x1_0000_0000n,
  0x1f_ffff_ffff_ffffn,
  0x20_0000_0000_0000n,
  0xffff_ffff_ffff_f000n,
  0xffff_ffff_ffff_ffffn,
);

/** Changes of `image`: little-endian values of 1 to 8 bytes anywhere, and a cut. */
function mutations(image: Uint8Array) {
  const value = fc.oneof(interesting, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  const change = fc.record({
    at: fc.nat(image.length - 8),
    size: fc.constantFrom(1, 2, 4, 8),
    value,
  });
  return fc
    .record({ changes: fc.array(change, { maxLength: 6 }), cut: fc.option(fc.nat(image.length)) })
    .map(({ changes, cut }) => {
      const mutated = image.slice();
      for (const { at, size, value } of changes) {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(value);
        mutated.set(bytes.subarray(0, size), at);
      }
      return mutated.subarray(0, cut ?? mutated.length);
    });
}

describe('a hostile kernel image', () => {
  it.each([
    ['vmlinux', vmlinux],
    ['compressed vmlinux', stub],
    ['bzImage', bzImage],
  ])('that was a %s ends in a KernelError or in memory', (_, image) => {
    checkLoad(image);
    fc.assert(fc.property(mutations(image), checkLoad), { numRuns: 1500 });
  });

  it.each([
    ['an ELF file', vmlinux, 64 + 2 * 56],
    ['a bzImage', bzImage, 0x270],
  ])('with an arbitrary header of %s ends in a KernelError or in memory', (_, image, size) => {
    const header = fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(header, fc.nat(size), (bytes, kept) => {
        checkLoad(Uint8Array.of(...image.subarray(0, kept), ...bytes.subarray(kept)));
      }),
      { numRuns: 500 },
    );
  });

  it('of arbitrary bytes ends in a KernelError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2048 }), checkLoad));
  });
});

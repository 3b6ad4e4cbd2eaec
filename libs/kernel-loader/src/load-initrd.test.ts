import { GuestMemory, type MemoryRange } from '@crosvm/sys-util';

import { bytesSource, type ImageSource } from './image-source';
import { loadInitrd } from './load-initrd';
import { type LoadedKernel, loadKernel } from './load-kernel';
import { tinyBzImage } from './testing';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const ABOVE_4G = 2;

const content = Uint8Array.of(1, 2, 3, 4, 5);

/** An initrd of any size that takes no memory: it only records where it is put. */
function sparse(size: number): ImageSource {
  return { size, read: () => new Uint8Array(), copyTo: () => undefined };
}

/** A kernel from 16 to 32 MiB in a guest with this memory. */
function boot(ranges: readonly MemoryRange[], fields = {}) {
  const memory = GuestMemory.create(ranges);
  const image = tinyBzImage(new Uint8Array(0x400), { init_size: 16 * MiB, ...fields });
  return { memory, kernel: loadKernel(memory, bytesSource(image)) };
}

function place(guest: { memory: GuestMemory; kernel: LoadedKernel }, size: number) {
  return loadInitrd(guest.memory, sparse(size), guest.kernel);
}

const small = boot([{ at: 0, size: 64 * MiB }]);
const large = boot([
  { at: 0, size: 3 * GiB },
  { at: 4 * GiB, size: 4 * GiB },
]);

describe('loadInitrd', () => {
  it('puts the bytes at the end of memory, page-aligned', () => {
    const initrd = loadInitrd(small.memory, bytesSource(content), small.kernel);
    expect(initrd).toEqual({ at: 64 * MiB - 4096, size: 5 });
    expect(small.memory.read(initrd.at, 5)).toEqual(content);
  });

  it('stays below the highest address that the kernel allows', () => {
    const { at, size } = place(large, 10 * MiB);
    expect(at + size).toBe(2 * GiB);
  });

  it('stays below the 32-bit hole', () => {
    const guest = boot([{ at: 0, size: 3 * GiB }], { initrd_addr_max: 0xffff_ffff });
    expect(place(guest, 4096).at).toBe(3 * GiB - 4096);
  });

  it('fills the space behind the kernel to the last byte, but never the kernel', () => {
    expect(place(small, 32 * MiB).at).toBe(32 * MiB);
  });

  it('goes below the kernel where it fits nowhere else', () => {
    const guest = boot([{ at: 0, size: 34 * MiB }]);
    expect(place(guest, 3 * MiB).at).toBe(13 * MiB);
  });

  it('goes above 4 GiB where it fits nowhere else and the kernel can take it', () => {
    const ranges = large.memory.layout.ranges;
    const guest = boot(ranges, { xloadflags: 1 | ABOVE_4G });
    expect(place(guest, 3 * GiB).at).toBe(5 * GiB);
  });

  it('refuses an empty one', () => {
    expect(() => place(small, 0)).toThrow(expect.objectContaining({ code: 'EMPTY' }) as Error);
  });

  it('says how much memory a large one needs', () => {
    expect(() => place(small, 33 * MiB)).toThrow('has 33 MiB, which do not fit beside the kernel');
    expect(() => place(small, 33 * MiB)).toThrow('give the guest 65 MiB with -m');
  });

  it('says where more memory does not help', () => {
    expect(() => place(large, 2 * GiB)).toThrow("more than fits below the kernel's limit");
    expect(() => place(small, 2 ** 52)).toThrow("more than fits below the kernel's limit");
  });
});

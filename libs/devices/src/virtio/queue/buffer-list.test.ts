import { Iovecs } from '@crosvm/sys-util';
import fc from 'fast-check';

import { HIGH_MEMORY, testMemory } from '../testing/test-queue';
import { BufferList } from './buffer-list';
import { MemoryMap, PIECE_BYTES } from './memory-map';

const memory = testMemory();
const map = new MemoryMap(memory);
const BORDER = HIGH_MEMORY + PIECE_BYTES;

/** A list of these buffers: guest address and bytes. */
function listOf(...buffers: (readonly [at: number, length: number])[]): BufferList {
  const list = new BufferList(map, buffers.length);
  for (const [at, length] of buffers) {
    list.push(map.locate(at % 2 ** 32, Math.floor(at / 2 ** 32), length), map.offset, length);
  }
  return list;
}

/** Copies out what a list has from `from` on. */
function read(list: BufferList, from: number, length: number): number[] {
  const target = new Uint8Array(length);
  const count = list.read(from, length, new DataView(target.buffer));
  return [...target.subarray(0, count)];
}

describe('MemoryMap', () => {
  it.each([
    ['the first byte', 0, 1],
    ['the last byte of the first region', 1024 ** 2 - 1, 1],
    ['a region as a whole', HIGH_MEMORY, 33 * 1024 ** 2],
    ['the last byte of all', HIGH_MEMORY + 33 * 1024 ** 2 - 1, 1],
  ])('finds %s', (_, at, length) => {
    const piece = map.locate((at % 2 ** 32) | 0, Math.floor(at / 2 ** 32), length);

    expect(map.hostOf(piece) + map.offset).toBe(memory.hostAddress(at, length));
  });

  it.each([
    ['behind a region', 1024 ** 2, 0, 1],
    ['over the end of a region', 1024 ** 2 - 1, 0, 2],
    ['before a region', 0xffff_ffff, 0, 1],
    ['behind all', 33 * 1024 ** 2, 1, 1],
    ['the whole address space', 0, 0, 0xffff_ffff],
    ['where a sum wraps in 64 bits', 0xffff_f000, 0xffff_ffff, 0x2000],
    ['where a sum wraps in 32 bits', 0xffff_f000, 0, 0x2000],
    ['beyond precise numbers', 1, 0x0020_0000, 1],
  ])('finds nothing %s', (_, low, high, length) => {
    expect(map.locate(low, high, length)).toBe(-1);
    expect(map.locate(low | 0, high | 0, length | 0)).toBe(-1);
  });

  it('has no bytes where there is no piece', () => {
    expect(map.view(99).byteLength).toBe(0);
  });
});

describe('BufferList', () => {
  it('says where the guest has its buffers', () => {
    const list = listOf([0x1000, 3], [BORDER + 5, 0x1000]);

    expect([0, 1].map((index) => list.guestAddressOf(index))).toEqual([0x1000, BORDER + 5]);
    expect([0, 1].map((index) => list.lengthOf(index))).toEqual([3, 0x1000]);
  });

  it('reads and writes across buffers and pieces', () => {
    const list = listOf([0x100, 3], [BORDER - 5, 9], [0x200, 1]);
    const source = Uint8Array.from({ length: 13 }, (_, index) => index + 1);

    expect(list.write(0, 13, new DataView(source.buffer))).toBe(13);

    expect(read(list, 0, 13)).toEqual([...source]);
    expect([...memory.read(BORDER - 5, 9)]).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('ends where its buffers end', () => {
    const list = listOf([0x100, 3], [0x200, 2]);

    expect(read(list, 3, 10)).toHaveLength(2);
    expect(read(list, 5, 1)).toEqual([]);
    expect(read(list, 2 ** 40, 1)).toEqual([]);
    expect(list.find(5)).toBe(-1);
  });

  it('selects no more than the iovecs take', () => {
    const list = listOf([0x100, 3], [0x200, 4], [0x300, 5]);
    const iovecs = new Iovecs(2);

    expect(list.select(1, 100, iovecs)).toBe(6);
    expect([iovecs.lengthOf(0), iovecs.lengthOf(1)]).toEqual([2, 4]);
    expect(list.select(12, 1, iovecs)).toBe(0);
    expect(iovecs.count).toBe(0);
  });

  it('appends to what the iovecs have, as far as they take it', () => {
    const list = listOf([0x100, 3], [0x200, 4]);
    const iovecs = new Iovecs(3);
    list.select(0, 3, iovecs);

    expect(list.append(1, 100, iovecs)).toBe(6);
    expect([iovecs.count, iovecs.total]).toEqual([3, 9]);
    expect(list.append(0, 1, iovecs)).toBe(0);
  });

  it('selects, finds and copies the same bytes, however they were cut', () => {
    const starts = fc.oneof(
      fc.integer({ min: 0, max: 0x8000 }),
      fc.integer({ min: BORDER - 40, max: BORDER + 10 }),
    );
    const buffers = fc.array(fc.tuple(starts, fc.integer({ min: 1, max: 40 })), { maxLength: 6 });
    fc.assert(
      fc.property(buffers, fc.nat(100), fc.nat(100), (cuts, from, length) => {
        const list = listOf(...cuts);
        const all = cuts.flatMap(([at, size]) => Array.from({ length: size }, (_, i) => at + i));
        const expected = all.slice(from, from + length);
        const iovecs = new Iovecs(8);

        expect(list.select(from, length, iovecs)).toBe(expected.length);
        const addresses = Array.from({ length: iovecs.count }, (_, i) =>
          Array.from({ length: iovecs.lengthOf(i) }, (__, j) => iovecs.addressOf(i) + j),
        );
        expect(addresses.flat()).toEqual(expected.map((at) => memory.hostAddress(at, 1)));
        expect(read(list, from, length)).toEqual(expected.map((at) => memory.readU8(at)));
        const found = expected.slice(0, 1).map(() => map.hostOf(list.find(from)));
        const hosts = found.map((host) => host + list.foundOffset);
        expect(hosts).toEqual(expected.slice(0, 1).map((at) => memory.hostAddress(at, 1)));
      }),
    );
  });
});

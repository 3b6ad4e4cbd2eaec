import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { struct, u16, u64 } from '@crosvm/data-model';
import fc from 'fast-check';

import { GuestMemory, GuestMemoryError } from './guest-memory';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('GuestMemory', () => {
  const memory = GuestMemory.create([
    { at: 0, size: MIB },
    { at: 4 * GIB, size: 2 * GIB + MIB },
  ]);

  it('describes its regions', () => {
    expect(memory.size).toBe(2 * GIB + 2 * MIB);
    expect(memory.end).toBe(6 * GIB + MIB);
    expect(memory.regions.map(({ at, offset }) => [at, offset])).toEqual([
      [0, 0],
      [4 * GIB, MIB],
    ]);
  });

  it('is in no core file', () => {
    const smaps = readFileSync('/proc/self/smaps', 'latin1');
    const flags = [...smaps.matchAll(/memfd:crosvm_guest[^]*?^VmFlags:(.*)$/gm)];
    const inDumps = flags.filter(([, each]) => !each?.split(' ').includes('dd'));
    expect([flags.length > 0, inDumps]).toEqual([true, []]);
  });

  it('reads back integers of every width, little-endian', () => {
    memory.writeU64(0x100, 0x8877_6655_4433_2211n);
    expect(memory.readU8(0x107)).toBe(0x88);
    expect(memory.readU16(0x100)).toBe(0x2211);
    expect(memory.readU32(0x104)).toBe(0x8877_6655);
    memory.writeU32(0x100, 0xffff_ffff);
    memory.writeU16(0x104, 0x1234);
    memory.writeU8(0x106, 0);
    expect(memory.readU64(0x100)).toBe(0x8800_1234_ffff_ffffn);
  });

  it('copies across the border between two views', () => {
    const at = 5 * GIB - 3;
    memory.write(at, new Uint8Array([1, 2, 3, 4, 5, 6]));
    expect([...memory.read(at, 6)]).toEqual([1, 2, 3, 4, 5, 6]);
    memory.fill(at + 1, 4, 9);
    expect([...memory.read(at, 6)]).toEqual([1, 9, 9, 9, 9, 6]);
    expect([...memory.slice(at, 6)]).toEqual([1, 9, 9, 9, 9, 6]);
    expect(memory.readU32(at)).toBe(0x09090901);
    memory.writeU64(at - 4, 0x1122_3344_5566_7788n);
    expect(memory.readU64(at - 4)).toBe(0x1122_3344_5566_7788n);
    memory.slice(at, 6)[5] = 7;
    expect(memory.readU8(at + 5)).toBe(7);
  });

  it('gives live structs and slices', () => {
    const pair = struct('pair', { a: u16, b: u64 });
    const view = memory.view(pair, 0x200);
    view.b = 7n;
    expect(memory.readU64(0x208)).toBe(7n);
    memory.slice(0x200, 2)[0] = 5;
    expect(view.a).toBe(5);
  });

  it('shares one memfd with whoever attaches to it', () => {
    const other = GuestMemory.attach(memory.fd.dup(), memory.layout);
    memory.writeU32(4 * GIB, 0xabcd);
    expect(other.readU32(4 * GIB)).toBe(0xabcd);
    expect(other.hostAddress(0, 1)).not.toBe(memory.hostAddress(0, 1));
  });

  it('gives pages back to the host, which read as zeroes then', () => {
    memory.fill(4 * GIB + 0x1000, 0x4000, 7);
    const before = fstatSync(memory.fd.raw).blocks;

    expect(memory.giveBack(4 * GIB + 0x2000, 0x2000)).toBe(0);

    expect(fstatSync(memory.fd.raw).blocks).toBe(before - 16);
    const first = [1, 2, 3, 4].map((page) => memory.readU8(4 * GIB + page * 0x1000));
    expect(first).toEqual([7, 0, 0, 7]);
    expect(() => memory.giveBack(0, 2 * MIB)).toThrow(GuestMemoryError);
  });

  it('reads a file straight in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'crosvm-test-'));
    writeFileSync(join(folder, 'file'), '0123456789');
    const fd = openSync(join(folder, 'file'), 'r');
    memory.readFromFile(fd, 2, 0x300, 4);
    expect(Buffer.from(memory.read(0x300, 4)).toString()).toBe('2345');
    expect(() => memory.readFromFile(fd, 8, 0x300, 4)).toThrow('file ends 2 bytes early');
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  it('never accepts a range that is not inside one region', () => {
    const at = fc.oneof(
      fc.maxSafeNat(),
      fc.integer({ min: MIB - 20, max: MIB + 20 }),
      fc.integer({ min: -20, max: 20 }),
      fc.constantFrom(NaN, Infinity, 0.5, 6 * GIB + MIB - 8, 4 * GIB - 8),
    );
    const length = fc.oneof(fc.maxSafeNat(), fc.integer({ min: -5, max: 40 }));
    fc.assert(
      fc.property(at, length, (start, count) => {
        const inside = memory.regions.some(
          (region) =>
            Number.isInteger(start) &&
            count >= 0 &&
            start >= region.at &&
            BigInt(start) + BigInt(count) <= BigInt(region.at + region.size),
        );
        expect(memory.contains(start, count)).toBe(inside);
      }),
    );
  });

  it.each([
    ['after the first region', MIB - 3, 4],
    ['in the hole', 2 * GIB, 1],
    ['before zero', -1, 1],
    ['after the end', 6 * GIB + MIB, 1],
  ])('refuses an access %s', (_where, at, length) => {
    expect(() => memory.hostAddress(at, length)).toThrow(GuestMemoryError);
    expect(() => memory.write(at, new Uint8Array(length))).toThrow(GuestMemoryError);
    expect(() => memory.read(at, length)).toThrow(GuestMemoryError);
    expect(() => memory.readU32(at)).toThrow(GuestMemoryError);
  });

  it.each([
    [[]],
    [[{ at: 0, size: 0 }]],
    [[{ at: 1, size: 4096 }]],
    [[{ at: 0, size: 4095 }]],
    [
      [
        { at: 0, size: 8192 },
        { at: 4096, size: 4096 },
      ],
    ],
  ])('refuses bad ranges %#', (ranges) => {
    expect(() => GuestMemory.create(ranges)).toThrow(RangeError);
  });
});

import { readFileSync, truncateSync, writeFileSync } from 'node:fs';

import fc from 'fast-check';

import { ImageError } from '../image-error';
import { pattern } from '../testing';
import { ImageDirectory, Qcow2Rig } from '../testing/qcow2-rig';
import { parseHeader } from './header';

const SECTOR = 512;
const SECTORS = 250;
const BYTES = SECTORS * SECTOR;

const files = new ImageDirectory();
afterAll(() => files[Symbol.dispose]());

/** An image with some data, and its bytes. */
function image(clusterBytes: number): { path: string; content: Buffer } {
  const path = files.create(`image-${clusterBytes}`, { virtualBytes: BYTES, clusterBytes });
  {
    using rig = new Qcow2Rig(path);
    expect(rig.write(1024, pattern(20_000, 1))).toBe(0);
    expect(rig.write(80_000, pattern(20_000, 2))).toBe(0);
    expect(rig.disk.writeZeroes(8192, 8192, false)).toBe(0);
  }
  return { path, content: readFileSync(path) };
}

/** Where an L2 table is. */
function l2Of(content: Buffer): number {
  const { l1Offset } = parseHeader(content);
  return Number(content.readBigUInt64BE(l1Offset) & 0x00ff_ffff_ffff_fe00n);
}

/** An image of which 64 bits were changed. */
function changed(content: Buffer, at: number, value: bigint): string {
  const copy = Buffer.from(content);
  copy.writeBigUInt64BE(value, at);
  const path = files.file('changed');
  writeFileSync(path, copy);
  return path;
}

describe('an image that is refused', () => {
  const { content } = image(4096);
  const header = parseHeader(content);
  const l2 = l2Of(content);
  const cluster = content.readBigUInt64BE(l2);
  const COPIED = 1n << 63n;

  it.each([
    ['a cluster is behind its end', l2, COPIED | (1n << 40n)],
    ['a cluster is behind its end', l2, COPIED | 0x00ff_ffff_ffff_f000n],
    ['a cluster does not begin with a cluster', l2, COPIED | 0x200n],
    ['a cluster is where something else is', l2, content.readBigUInt64BE(l2 + 8)],
    ['a cluster is where something else is', l2, COPIED | BigInt(header.l1Offset)],
    ['an L2 entry has bits that it cannot have', l2, cluster | (1n << 60n)],
    ['an L2 entry has bits that it cannot have', l2, cluster | 2n],
    ['a cluster counts as used by somebody else, who is not there', l2, cluster & ~COPIED],
    ['a compressed cluster is behind its end', l2, (1n << 62n) | (1n << 40n)],
    ['a compressed cluster is where something else is', l2, 1n << 62n],
    ['an L2 table is where something else is', header.l1Offset, COPIED | 4096n],
    ['the place of an L2 table has bits that it cannot have', header.l1Offset, COPIED | 4097n],
    ['a refcount block is behind its end', header.refcountTableOffset, 1n << 40n],
    ['the place of a refcount block has bits that it cannot have', header.refcountTableOffset, 1n],
  ])('%s', (what, at, value) => {
    const path = changed(content, at, value);

    expect(() => new Qcow2Rig(path)).toThrow(new ImageError('CORRUPT', `is corrupt: ${what}`));
  });

  it('a refcount is too low, or too high', () => {
    const blockAt = Number(content.readBigUInt64BE(header.refcountTableOffset));
    for (const value of [0, 2]) {
      const copy = Buffer.from(content);
      copy.writeUInt16BE(value, blockAt + 2);
      const path = files.write('counted', copy);
      const what = `is corrupt: cluster 1 is used 1 times, but its refcount is ${value}`;
      expect(() => new Qcow2Rig(path)).toThrow(new ImageError('CORRUPT', what));
    }
  });

  it('its file has more clusters than can be looked through', () => {
    const path = files.write('huge', image(512).content);
    truncateSync(path, 2 ** 40);

    expect(() => new Qcow2Rig(path)).toThrow('has more than 67108864 clusters');
  });
});

describe('an image of any bytes', () => {
  it.each([512, 4096])('is refused or works, with clusters of %d bytes', (clusterBytes) => {
    const { content } = image(clusterBytes);
    const path = files.file('any');
    const places = fc.oneof(
      fc.nat({ max: Math.floor(content.length / 8) - 1 }),
      fc.nat({ max: 13 }),
      fc.constant(l2Of(content) / 8),
      fc.constant(parseHeader(content).l1Offset / 8),
    );
    const values = fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc
        .nat({ max: Math.floor(content.length / 512) })
        .map((place) => (1n << 63n) | BigInt(place * 512)),
      fc.nat({ max: content.length }).map((place) => (1n << 62n) | BigInt(place)),
    );
    const changes = fc.array(fc.tuple(places, values), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (list) => {
        const copy = Buffer.from(content);
        list.forEach(([place, value]) => copy.writeBigUInt64BE(value, place * 8));
        writeFileSync(path, copy);
        let error: unknown = new ImageError('CORRUPT', '');
        try {
          use(path);
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toBeInstanceOf(ImageError);
      }),
      { numRuns: 400 },
    );
  });
});

/** Reads and writes all over the first bytes of a disk. */
function use(path: string): void {
  using rig = new Qcow2Rig(path);
  const bytes = Math.min(rig.bytes, BYTES);
  rig.read(0, bytes);
  rig.write(0, pattern(Math.min(bytes, 5000)));
  rig.disk.discard(0, bytes);
  rig.disk.writeZeroes(0, bytes, true);
  rig.disk.flush();
}

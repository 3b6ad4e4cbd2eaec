import { constants, statSync } from 'node:fs';

import { Errno, Iovecs, Mapping, openFile } from '@crosvm/sys-util';

import { canOpenDirect, pattern, temporaryImage } from './testing';
import { RawDisk } from './raw-disk';

const SIZE = 256 * 1024;
const buffer = Mapping.anonymous(SIZE);

/** Iovecs of these parts of the buffer: offset and bytes. */
function iovecsOf(...parts: (readonly [at: number, length: number])[]): Iovecs {
  const iovecs = new Iovecs(parts.length);
  for (const [at, length] of parts) {
    iovecs.push(buffer.address + at, length);
  }
  return iovecs;
}

describe('a raw disk', () => {
  const image = temporaryImage(pattern(SIZE));
  const disk = new RawDisk({ image: image.fd.raw, sparse: true });

  beforeEach(() => buffer.bytes.fill(0));
  afterAll(() => image[Symbol.dispose]());

  it('reads and writes at offsets, from and to many places', () => {
    expect(disk.read(iovecsOf([10, 3], [100, 509]), 512)).toBe(0);
    expect(buffer.bytes.slice(10, 13)).toEqual(pattern(SIZE).slice(512, 515));
    expect(buffer.bytes.slice(100, 609)).toEqual(pattern(SIZE).slice(515, 1024));

    expect(disk.write(iovecsOf([100, 512]), 4096)).toBe(0);
    expect(disk.flush()).toBe(0);
    const written = image.content().subarray(4096, 4608);
    expect(Buffer.compare(written, buffer.bytes.slice(100, 612))).toBe(0);
  });

  it('fails where the file ends, with what there was read', () => {
    expect(disk.read(iovecsOf([0, 1024]), SIZE - 512)).toBe(-Errno.EIO);
    expect(buffer.bytes.slice(0, 512)).toEqual(pattern(SIZE).slice(SIZE - 512));
  });

  it('fails when the host has no room', () => {
    using full = openFile('/dev/full', constants.O_RDWR);
    const fullDisk = new RawDisk({ image: full.raw, sparse: true });

    expect(fullDisk.write(iovecsOf([0, 512]), 0)).toBe(-Errno.ENOSPC);
  });

  it('fails with memory that is not there', () => {
    const iovecs = new Iovecs(1);
    iovecs.push(0x1000, 512);

    expect(disk.read(iovecs, 0)).toBe(-Errno.EFAULT);
  });

  it('gives back what is discarded, as holes', () => {
    const before = statSync(image.path).blocks;

    expect(disk.discard(64 * 1024, 64 * 1024)).toBe(0);

    expect(statSync(image.path)).toMatchObject({ size: SIZE, blocks: before - 128 });
  });

  it('zeroes with and without giving back', () => {
    const before = statSync(image.path).blocks;
    expect(disk.writeZeroes(128 * 1024, 4096, false)).toBe(0);
    const kept = statSync(image.path).blocks;
    expect(disk.writeZeroes(132 * 1024, 4096, true)).toBe(0);
    const given = statSync(image.path).blocks;

    expect([kept, given]).toEqual([before, before - 8]);
    const zeroed = image.content().subarray(128 * 1024, 136 * 1024);
    expect(zeroed.every((byte) => byte === 0)).toBe(true);
  });

  it('gives nothing back if it is not sparse', () => {
    const thick = new RawDisk({ image: image.fd.raw, sparse: false });
    const before = statSync(image.path).blocks;

    expect(thick.writeZeroes(192 * 1024, 4096, true)).toBe(0);

    expect(statSync(image.path).blocks).toBeGreaterThanOrEqual(before);
  });

  it('says what failed', () => {
    const closed = new RawDisk({ image: -1, sparse: true });
    const results = [
      closed.discard(0, 4096),
      closed.writeZeroes(0, 4096, true),
      closed.flush(),
      closed.read(iovecsOf([0, 512]), 0),
    ];

    expect(new Set(results)).toEqual(new Set([-Errno.EBADF]));
  });
});

describe('a raw disk past the page cache', () => {
  const image = temporaryImage(pattern(SIZE));
  const path = `/proc/self/fd/${image.fd.raw}`;
  const open = () => openFile(path, constants.O_RDWR | constants.O_DIRECT);
  const canDirect = canOpenDirect(image.path);
  const without = canDirect ? '' : ' [skipped: the file system of the temporary files cannot]';

  afterAll(() => image[Symbol.dispose]());

  (canDirect ? it : it.skip)(`takes any alignment${without}`, () => {
    using direct = open();
    const disk = new RawDisk({ image: image.fd.raw, direct: direct.raw, sparse: true });
    buffer.bytes.set(pattern(8192, 50), 4096);

    expect(disk.write(iovecsOf([4096, 4096]), 4096)).toBe(0);
    expect(disk.write(iovecsOf([8192 + 1, 511], [4096, 1]), 512)).toBe(0);
    expect(disk.read(iovecsOf([1, 1024]), 512)).toBe(0);
    expect(disk.read(iovecsOf([32768, 4096]), 4096)).toBe(0);

    const odd = Buffer.concat([pattern(8192, 50).subarray(4097, 4608), pattern(1, 50)]);
    expect(Buffer.compare(buffer.bytes.slice(1, 513), odd)).toBe(0);
    expect(Buffer.compare(buffer.bytes.slice(32768, 36864), pattern(4096, 50))).toBe(0);
  });
});

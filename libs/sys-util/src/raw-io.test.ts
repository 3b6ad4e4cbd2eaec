import { constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  discardRaw,
  Errno,
  fdatasyncRaw,
  fileSize,
  getrandomRaw,
  Iovecs,
  Mapping,
  openFile,
  preadvRaw,
  punchHoleRaw,
  pwritevRaw,
  zeroRangeRaw,
} from './index';

const { O_CREAT, O_RDWR } = constants;
const SIZE = 64 * 1024;

describe('raw file I/O', () => {
  const directory = mkdtempSync(join(tmpdir(), 'raw-io-test-'));
  const path = join(directory, 'file');
  const file = openFile(path, O_RDWR | O_CREAT);
  const mapping = Mapping.anonymous(SIZE);
  const iovecs = new Iovecs(1);
  iovecs.push(mapping.address, SIZE);

  pwritevRaw(file.raw, iovecs, 0);
  const canZero = zeroRangeRaw(file.raw, 0, SIZE) === 0;
  const withoutZero = canZero ? '' : ` [skipped: the file system of ${directory} cannot]`;

  beforeEach(() => {
    mapping.bytes.fill(7);
    pwritevRaw(file.raw, iovecs, 0);
    fdatasyncRaw(file.raw);
  });

  afterAll(() => {
    file.close();
    mapping.unmap();
    rmSync(directory, { recursive: true });
  });

  it('knows the size of a file', () => {
    expect(fileSize(file.raw)).toBe(SIZE);
  });

  it('punches holes that take no room and read as zeroes', () => {
    const blocks = statSync(path).blocks;
    expect(punchHoleRaw(file.raw, 4096, 8192)).toBe(0);

    expect(statSync(path)).toMatchObject({ size: SIZE, blocks: blocks - 16 });
    expect(preadvRaw(file.raw, iovecs, 0)).toBe(SIZE);
    expect([4095, 4096, 12287, 12288].map((at) => mapping.bytes[at])).toEqual([7, 0, 0, 7]);
  });

  (canZero ? it : it.skip)(`zeroes ranges that keep their room${withoutZero}`, () => {
    const blocks = statSync(path).blocks;
    expect(zeroRangeRaw(file.raw, 4096, 8192)).toBe(0);

    expect(statSync(path)).toMatchObject({ size: SIZE, blocks });
    expect(preadvRaw(file.raw, iovecs, 0)).toBe(SIZE);
    expect([4095, 4096, 12287, 12288].map((at) => mapping.bytes[at])).toEqual([7, 0, 0, 7]);
  });

  it('answers with negative errnos', () => {
    expect(fdatasyncRaw(-1)).toBe(-Errno.EBADF);
    expect(punchHoleRaw(file.raw, 0, 0)).toBe(-Errno.EINVAL);
    expect(zeroRangeRaw(-1, 0, 1)).toBe(-Errno.EBADF);
    expect(discardRaw(-1, 0, 4096)).toBe(-Errno.EBADF);
  });

  it('discards from block devices only', () => {
    expect(discardRaw(file.raw, 0, 4096)).toBe(-Errno.ENOTTY);
  });

  it('fills memory with entropy', () => {
    mapping.bytes.fill(0);
    expect(getrandomRaw(mapping.address + 16, 64)).toBe(64);

    expect(new Set(mapping.bytes.subarray(16, 80)).size).toBeGreaterThan(20);
    expect(mapping.bytes.subarray(0, 16)).toEqual(new Uint8Array(16));
    expect(mapping.bytes.subarray(80, 96)).toEqual(new Uint8Array(16));
  });
});

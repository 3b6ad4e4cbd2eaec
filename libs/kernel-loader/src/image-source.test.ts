import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GuestMemory, GuestMemoryError } from '@crosvm/sys-util';

import { bytesSource, fileSource } from './image-source';
import { loadKernel } from './load-kernel';
import { tinyElf } from './testing';

const MiB = 1024 * 1024;
const memory = GuestMemory.create([{ at: 0, size: 4 * MiB }]);
const directory = mkdtempSync(join(tmpdir(), 'image-source-'));
const fds: number[] = [];

function open(path: string, flags = 'r'): number {
  const fd = openSync(path, flags);
  fds.push(fd);
  return fd;
}

function file(bytes: Uint8Array, flags?: string): number {
  const path = join(directory, 'image');
  writeFileSync(path, bytes);
  return open(path, flags);
}

afterAll(() => {
  fds.forEach(closeSync);
  rmSync(directory, { recursive: true });
});

const withCode = (code: string) => expect.objectContaining({ code }) as Error;

describe.each([
  ['fileSource', (bytes: Uint8Array) => fileSource(file(bytes))],
  ['bytesSource', bytesSource],
])('%s', (_, make) => {
  const source = make(Uint8Array.of(10, 20, 30, 40));

  it('reads headers and copies into guest memory', () => {
    expect(source.size).toBe(4);
    expect(source.read(1, 2)).toEqual(Uint8Array.of(20, 30));
    source.copyTo(memory, { offset: 2, length: 2, at: MiB });
    expect(memory.readU16(MiB)).toBe(40 * 256 + 30);
  });

  it.each([
    [3, 2],
    [5, 0],
    [-1, 1],
    [2 ** 53, 1],
  ])('refuses to go beyond its end: %d, %d', (offset, length) => {
    expect(() => source.read(offset, length)).toThrow(withCode('TRUNCATED'));
    expect(() => source.copyTo(memory, { offset, length, at: 0 })).toThrow(withCode('TRUNCATED'));
  });

  it('never writes outside guest memory', () => {
    const copy = { offset: 0, length: 4, at: 4 * MiB - 2 };
    expect(() => source.copyTo(memory, copy)).toThrow(GuestMemoryError);
    expect(memory.readU16(4 * MiB - 2)).toBe(0);
  });
});

describe('fileSource', () => {
  it('boots from a file', () => {
    const image = tinyElf({ segments: [{ at: 2 * MiB, bytes: Uint8Array.of(0xf4) }] });
    expect(loadKernel(memory, fileSource(file(image)))).toMatchObject({ entry: 2 * MiB });
    expect(memory.readU8(2 * MiB)).toBe(0xf4);
  });

  it('refuses what is no regular file', () => {
    expect(() => fileSource(open(directory))).toThrow('is a directory');
    expect(() => fileSource(open('/dev/null'))).toThrow('is not a regular file');
  });

  it('notices that the file shrinks while it is read', () => {
    const fd = file(new Uint8Array(100), 'r+');
    const source = fileSource(fd);
    ftruncateSync(fd, 50);
    expect(() => source.read(0, 100)).toThrow(withCode('TRUNCATED'));
    expect(() => source.copyTo(memory, { offset: 0, length: 100, at: 0 })).toThrow(
      'became shorter',
    );
  });

  it('tells why it cannot be read', () => {
    const source = fileSource(open(join(directory, 'image'), 'w'));
    const writeOnly = Object.assign(source, { size: 8 });
    expect(() => writeOnly.read(0, 8)).toThrow(withCode('UNREADABLE'));
  });
});

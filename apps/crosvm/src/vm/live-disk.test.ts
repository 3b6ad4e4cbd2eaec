import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type DeviceCommand, openDisk } from '@crosvm/devices';
import { createQcow2 } from '@crosvm/disk';

import type { Commander } from './commander';
import { DeviceError } from './host-questions';
import { LiveDisk } from './live-disk';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crosvm-live-disk-'));
  path = join(directory, 'disk');
  writeFileSync(path, '');
  truncateSync(path, 8192);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Device hosts that do as they are told, and note the size of the image then. */
class Hosts implements Commander {
  readonly told: unknown[] = [];
  failure: Error | undefined;

  async command(device: string, command: DeviceCommand): Promise<unknown> {
    this.told.push([device, command, statSync(path).size]);
    return this.failure === undefined ? Promise.resolve(true) : Promise.reject(this.failure);
  }

  async processOf(): Promise<number | undefined> {
    return Promise.resolve(undefined);
  }
}

function liveDisk(options: { readOnly?: boolean; blockSize?: number } = {}): LiveDisk {
  using disk = openDisk(path, { readOnly: false, ...options });
  return new LiveDisk(disk, 1);
}

const size = (): number => statSync(path).size;

describe('a disk of a VM that runs', () => {
  it('grows before its back end hears of it', async () => {
    using disk = liveDisk();
    const hosts = new Hosts();

    expect(await disk.resize(hosts, { bytes: 16384, shrink: false })).toEqual({ bytes: 16384 });
    expect(hosts.told).toEqual([['disk vdb', { kind: 'resize-disk', bytes: 16384 }, 16384]]);
    expect(size()).toBe(16384);
  });

  it('keeps its size when it is a qcow2 image', async () => {
    const { bytes, fileBytes } = createQcow2({ virtualBytes: 8192 });
    writeFileSync(path, bytes);
    truncateSync(path, fileBytes);
    using open = openDisk(path, { readOnly: false, format: 'qcow2' });
    using disk = new LiveDisk(open, 1);

    await expect(disk.resize(new Hosts(), { bytes: 16384, shrink: false })).rejects.toThrow(
      'disk vdb is not a raw image',
    );
  });

  it('shrinks when that is asked for, after its back end has let go', async () => {
    using disk = liveDisk();
    const hosts = new Hosts();
    const refused = disk.resize(hosts, { bytes: 4096, shrink: false });

    await expect(refused).rejects.toMatchObject({
      message: 'disk vdb has 8192 bytes, and would lose what is behind 4096',
      hint: expect.stringContaining('--shrink') as string,
    });
    await disk.resize(hosts, { bytes: 4096, shrink: true });
    expect(hosts.told).toEqual([['disk vdb', { kind: 'resize-disk', bytes: 4096 }, 8192]]);
    expect(size()).toBe(4096);
  });

  it('keeps what is asked for in order', async () => {
    using disk = liveDisk();
    const hosts = new Hosts();
    const sizes = [16384, 512, 1024];
    await Promise.all(sizes.map((bytes) => disk.resize(hosts, { bytes, shrink: true })));

    expect(hosts.told.map((told) => (told as unknown[])[2])).toEqual([16384, 16384, 1024]);
    expect(size()).toBe(1024);
  });

  it.each([0, 1, 4096 + 512, 2 ** 52 + 4096])('cannot have %d bytes', async (bytes) => {
    using disk = liveDisk({ blockSize: 4096 });
    const hosts = new Hosts();

    await expect(disk.resize(hosts, { bytes, shrink: true })).rejects.toThrow();
    expect(hosts.told).toEqual([]);
    expect(size()).toBe(8192);
  });

  it('keeps its size when it is read-only', async () => {
    using disk = liveDisk({ readOnly: true });
    const resized = disk.resize(new Hosts(), { bytes: 16384, shrink: false });

    await expect(resized).rejects.toThrow('disk vdb is read-only');
    expect(size()).toBe(8192);
  });

  it('keeps its size when it is no raw image', async () => {
    using raw = openDisk(path, { readOnly: false });
    // Of an image of 8192 bytes, in which there is a larger disk.
    using disk = new LiveDisk({ ...raw, config: { ...raw.config, sectors: 2048 } }, 0);
    const resized = disk.resize(new Hosts(), { bytes: 16384, shrink: false });

    await expect(resized).rejects.toThrow('disk vda is not a raw image');
    expect(size()).toBe(8192);
  });

  it('keeps its contents when its back end does not answer', async () => {
    using disk = liveDisk();
    const hosts = new Hosts();
    hosts.failure = new DeviceError('it did not answer within 30 s');

    await expect(disk.resize(hosts, { bytes: 512, shrink: true })).rejects.toThrow(DeviceError);
    expect(size()).toBe(8192);
    hosts.failure = undefined;
    await disk.resize(hosts, { bytes: 512, shrink: true });
    expect(size()).toBe(512);
  });
});

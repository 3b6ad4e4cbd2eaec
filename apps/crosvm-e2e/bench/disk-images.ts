import { spawnSync } from 'node:child_process';
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { type BenchDisk, type QemuAio, qemuDrive } from './peers';
import { DISK_MIB } from './settings';

const MIB = 1024 ** 2;

/** QEMU's ways, the best one first. */
const QEMU_AIOS: readonly QemuAio[] = ['io_uring', 'threads'];

/** A disk of the benchmark, and what to call it in the report. */
export interface NamedDisk extends BenchDisk {
  readonly name: string;
}

function fill(path: string): void {
  const fd = openSync(path, 'wx');
  try {
    const chunk = Buffer.alloc(MIB, 'neither zeroes nor a hole ');
    for (let written = 0; written < DISK_MIB; written += 1) {
      writeSync(fd, chunk);
    }
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Has the host write out what it still has of earlier loads, so that later ones do not wait for it. */
export function settle(disks: readonly BenchDisk[]): void {
  for (const { path } of disks) {
    const fd = openSync(path, 'r+');
    fdatasyncSync(fd);
    closeSync(fd);
  }
}

function canBeDirect(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_DIRECT));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') {
      return false;
    }
    throw error;
  }
}

/** Can QEMU open the disk? It cannot by what it was not built with or what the kernel lacks. */
function qemuCanOpen(disk: BenchDisk): boolean {
  const machine = ['-M', 'none', '-nodefaults', '-display', 'none', '-monitor', 'stdio'];
  const args = [...machine, ...qemuDrive(disk)];
  const { error, status } = spawnSync('qemu-system-x86_64', args, { input: 'quit\n' });
  // What it does not read of its input is no matter.
  if (error !== undefined && (error as NodeJS.ErrnoException).code !== 'EPIPE') {
    throw new Error(`the peer is missing: ${error.message}`);
  }
  return status === 0;
}

function chooseAio(disk: Omit<BenchDisk, 'aio'>): QemuAio {
  const aio = QEMU_AIOS.find((each) => qemuCanOpen({ ...disk, aio: each }));
  if (aio === undefined) {
    throw new Error(`QEMU cannot open ${disk.path}${disk.direct ? ' with cache=none' : ''}`);
  }
  return aio;
}

function makeDisk(directory: string, direct: boolean): NamedDisk {
  const id = direct ? 'direct' : 'cached';
  const path = join(directory, `${id}.img`);
  fill(path);
  const disk = { path, id, direct };
  return { ...disk, aio: chooseAio(disk), name: direct ? 'o_direct' : 'cached' };
}

/** Makes an image for the disk that the host caches. */
export function cachedDisk(directory: string): NamedDisk {
  return makeDisk(directory, false);
}

/** Makes an image for the disk past the host's page cache; undefined where its file system has no such thing. */
export function directDisk(directory: string): NamedDisk | undefined {
  const probe = join(directory, 'probe');
  closeSync(openSync(probe, 'w'));
  return canBeDirect(probe) ? makeDisk(directory, true) : undefined;
}

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';

import type { Lack } from './requirements';
import { DRAIN } from './script';
import { theGuest } from './guest';

const SECTOR = 512;

/** Where Debian has file system tools, which is not in everybody's PATH. */
const PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);
const env = { ...process.env, PATH };

/** Has this machine no such program? */
export function hostLacksTool(tool: string): Lack {
  const { status } = spawnSync('sh', ['-c', 'command -v "$0"', tool], { env });
  return status === 0 ? undefined : `this machine has no ${tool}`;
}

/** Runs a tool of the host; returns what it says. Exit statuses above `most` are failures. */
function run(tool: string, args: readonly string[], most = 0): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { env, encoding: 'utf8' });
  if (status === null || status > most) {
    throw new Error(`${tool} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  }
  return stdout;
}

/** Makes an image of random bytes. Returns its path. */
export function randomImage(path: string, bytes: number): string {
  writeFileSync(path, randomBytes(bytes));
  return path;
}

/** Makes an image that reads as zeroes and takes no room. Returns its path. */
export function emptyImage(path: string, bytes: number): string {
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
}

/** Makes an image that the guest can run as a shell script: `crosvm.exec=/dev/vdX`. Returns its path. */
export function scriptImage(path: string, script: string): string {
  const text = script + DRAIN;
  writeFileSync(path, text.padEnd(Math.ceil(text.length / SECTOR) * SECTOR, '\n'));
  return path;
}

/** Unpacks the initramfs of the tests into a new directory: it is a root file system as well. */
export function unpackRoot(directory: string): string {
  mkdirSync(directory);
  const input = readFileSync(theGuest().initrd);
  execFileSync('cpio', ['--extract', '--make-directories', '--quiet'], { cwd: directory, input });
  return directory;
}

/** Makes an ext4 image of a directory, of so many MiB. Returns its path. */
export function ext4Image(path: string, directory: string, mebibytes: number): string {
  // With blocks smaller than pages, ext4 leaves files that were being written in a state that e2fsck
  // does not like, whatever the disk is.
  const options = ['-q', '-F', '-b', '4096', '-E', 'root_owner=0:0', '-d', directory];
  run('mkfs.ext4', [...options, path, `${mebibytes}M`]);
  return path;
}

/** Makes a squashfs image of a directory. Returns its path. */
export function squashfsImage(path: string, directory: string): string {
  run('mksquashfs', [directory, path, '-comp', 'gzip', '-all-root', '-quiet', '-no-progress']);
  // What it pads to is less than a page, where other tools count in pages.
  truncateSync(path, Math.ceil(statSync(path).size / SECTOR) * SECTOR);
  return path;
}

/**
 * Looks whether an ext4 file system that was not unmounted is whole: what is in its journal may be
 * done first, and then nothing may be wrong.
 * @throws Error with what is wrong
 */
export function checkExt4(path: string): void {
  // 1: it did something.
  run('e2fsck', ['-p', path], 1);
  run('e2fsck', ['-f', '-n', path]);
}

/** Copies what is in an ext4 file system to a directory that is there. */
export function dumpExt4(path: string, from: string, directory: string): void {
  run('debugfs', ['-R', `rdump ${from} ${directory}`, path]);
}

/** The MD5 of a file, as `md5sum` prints it. */
export function md5(path: string): string {
  return createHash('md5').update(readFileSync(path)).digest('hex');
}

/** Bytes that a file takes on its disk: less than its size where it has holes. */
export function bytesOnDisk(path: string): number {
  return statSync(path).blocks * SECTOR;
}

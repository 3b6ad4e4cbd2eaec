import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { checkout } from './command';
import { squashfsImage } from './images';
import type { Lack } from './requirements';

const SOURCES = join(checkout(), 'apps', 'crosvm-e2e', 'fixtures');

const SECTOR = 512;

/** Is there no compiler for programs that run in any guest? */
export function hostLacksStaticCompiler(): Lack {
  const source = '#include <stdio.h>\nint main(void) { return puts("") < 0; }';
  const args = ['-x', 'c', '-static', '-o', '/dev/null', '-'];
  const { status } = spawnSync('cc', args, { input: source, stdio: ['pipe', 'ignore', 'ignore'] });
  return status === 0 ? undefined : 'there is no compiler for static programs';
}

/** Compiles `fixtures/NAME.c` to `path`, for the host and for any guest. Returns the path. */
export function staticProgram(name: 'vsock-echo' | 'net-check', path: string): string {
  const source = join(SOURCES, `${name}.c`);
  execFileSync('cc', ['-O2', '-Wall', '-static', '-o', path, source]);
  return path;
}

/** A program as a disk, which has whole sectors; `takeProgram` makes it one again. Returns the disk's path. */
export function programDisk(program: string): string {
  const bytes = readFileSync(program);
  const path = `${program}.disk`;
  const padding = Buffer.alloc((SECTOR - (bytes.length % SECTOR)) % SECTOR);
  writeFileSync(path, Buffer.concat([bytes, padding]));
  return path;
}

/** A piece of a script for the guest: makes a program of the disk that has one. */
export function takeProgram(disk: string, path: string): string {
  return `dd if=${disk} of=${path} bs=64k 2>/dev/null; chmod 755 ${path}`;
}

/**
 * Makes a squashfs disk of a program of this machine and its libraries, for
 * `/MOUNT/lib/ld-linux-x86-64.so.2 --library-path /MOUNT/lib /MOUNT/NAME`. Returns its path.
 */
export function machineProgramDisk(program: string, path: string): string {
  const file = execFileSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).trim();
  const libraries = execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  const tree = `${path}.tree`;
  mkdirSync(join(tree, 'lib'), { recursive: true });
  copyFileSync(file, join(tree, program));
  libraries.forEach((library) => copyFileSync(library, join(tree, 'lib', basename(library))));
  const image = squashfsImage(path, tree);
  rmSync(tree, { recursive: true });
  return image;
}

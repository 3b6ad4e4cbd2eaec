import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkout } from './command';
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

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkout } from './command';

const GUEST = join(checkout(), 'guests', 'bare-metal');

/** A program of `guests/bare-metal`: a kernel that every KVM runs, in no time. */
export type BareMetalProgram = 'busy' | 'echo' | 'hostile' | 'hostile-wl' | 'selftest' | 'wayland';

/** The path of its ELF file. */
export function bareMetalProgram(name: BareMetalProgram): string {
  return join(GUEST, 'dist', `${name}.elf`);
}

/** All that it prints with the disks that the README of the guest names. */
export function bareMetalOutput(name: Extract<BareMetalProgram, 'hostile' | 'selftest'>): string {
  return readFileSync(join(GUEST, 'expected', `${name}.txt`), 'utf8');
}

import type { MemoryRange } from '@crosvm/sys-util';

import {
  BIOS_AREA_ADDRESS,
  HIGH_MEMORY_START,
  LOW_MEMORY_END,
  PCI_ECAM_ADDRESS,
  PCI_ECAM_SIZE,
} from './layout';

/** `boot_e820_entry.type`: what a range of addresses is. */
export const E820_RAM = 1;
/** `boot_e820_entry.type`: not for the kernel to use. */
export const E820_RESERVED = 2;

/** A range of the memory map that the guest is told. */
export interface E820Entry {
  readonly addr: number;
  /** Bytes. */
  readonly size: number;
  readonly type: typeof E820_RAM | typeof E820_RESERVED;
}

function range(type: E820Entry['type'], from: number, to: number): E820Entry {
  return { addr: from, size: to - from, type };
}

/**
 * The memory map of a guest with these regions, the first from address 0: memory but for what a PC
 * has below 1 MiB. PCI's enhanced configuration space is reserved, or Linux would not use it.
 */
export function e820Map(regions: readonly MemoryRange[]): E820Entry[] {
  const [low, ...high] = regions;
  const lowEnd = low === undefined ? 0 : low.at + low.size;
  return [
    range(E820_RAM, 0, LOW_MEMORY_END),
    range(E820_RESERVED, LOW_MEMORY_END, 0xa_0000),
    range(E820_RESERVED, BIOS_AREA_ADDRESS, HIGH_MEMORY_START),
    range(E820_RAM, HIGH_MEMORY_START, lowEnd),
    range(E820_RESERVED, PCI_ECAM_ADDRESS, PCI_ECAM_ADDRESS + PCI_ECAM_SIZE),
    ...high.map(({ at, size }) => range(E820_RAM, at, at + size)),
  ];
}

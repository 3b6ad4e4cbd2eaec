import { fits, type GuestAddress, TWO_POW_32 } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import type { Copy } from './image-source';
import { KernelError } from './kernel-error';
import {
  BOOT_FLAG,
  HDRS,
  LOADED_HIGH,
  setup_header,
  type SetupHeader,
  XLF_KERNEL_64,
} from './abi/setup-header';
import { COMMAND_LINE_SIZE } from './command-line';

/** What a kernel image turned out to be. */
export type KernelKind =
  /** The kernel proper as an ELF file. */
  | 'vmlinux'
  /** The boot stub with a compressed kernel inside, as an ELF file. */
  | 'compressed-vmlinux'
  | 'bzImage';

/** How to load a kernel: everything is checked, nothing is done yet. */
export interface LoadPlan {
  readonly kind: KernelKind;
  readonly copies: readonly Copy[];
  readonly zeroes: readonly { readonly at: GuestAddress; readonly length: number }[];
  readonly start: GuestAddress;
  /** The address after the last byte that the kernel needs while it starts. */
  readonly end: GuestAddress;
  readonly entry: GuestAddress;
  /** What goes into the boot parameters. */
  readonly setupHeader: SetupHeader;
}

/** Below are the BIOS's areas and our own tables: the boot protocol loads kernels from here on. */
export const LOWEST_KERNEL_ADDRESS = 0x10_0000;

/** Where Linux is linked unless configured otherwise: CONFIG_PHYSICAL_START. */
export const DEFAULT_LOAD_ADDRESS = 0x100_0000;

const MiB = 1024 * 1024;

/** Bytes of guest memory from `at` to the end of its region, or to 4 GiB if that is lower. */
export function available(memory: GuestMemory, at: GuestAddress): number {
  const region = memory.regions.find((candidate) => fits(at - candidate.at, 0, candidate.size));
  return region === undefined ? 0 : Math.min(region.at + region.size, TWO_POW_32) - at;
}

/**
 * Checks that the guest has memory from `start` to `end`, below 4 GiB: what is mapped at entry.
 * @throws KernelError BAD_ADDRESS, TOO_LITTLE_MEMORY
 */
export function requireMemory(memory: GuestMemory, start: GuestAddress, end: GuestAddress): void {
  if (end - start <= available(memory, start)) {
    return;
  }
  const needed = Math.ceil(end / MiB);
  const has = Math.floor(memory.size / MiB);
  if (end > TWO_POW_32 || needed <= has) {
    const range = `0x${start.toString(16)} to 0x${end.toString(16)}`;
    throw new KernelError('BAD_ADDRESS', `wants to be at ${range}, where no guest has memory`);
  }
  throw new KernelError(
    'TOO_LITTLE_MEMORY',
    `needs ${needed} MiB of guest memory and there are ${has}: give more with -m`,
  );
}

/** The setup header for a kernel that brings none: an ELF file's. */
export function makeSetupHeader(values: Partial<SetupHeader>): SetupHeader {
  return Object.assign(setup_header.allocate(), {
    boot_flag: BOOT_FLAG,
    header: HDRS,
    version: 0x020c,
    loadflags: LOADED_HIGH,
    xloadflags: XLF_KERNEL_64,
    // What every bzImage of today says.
    initrd_addr_max: 0x7fff_ffff,
    cmdline_size: COMMAND_LINE_SIZE - 1,
    ...values,
  });
}

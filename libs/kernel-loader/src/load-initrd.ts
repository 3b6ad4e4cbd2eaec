import {
  alignDown,
  alignUp,
  fits,
  type GuestAddress,
  PAGE_SIZE,
  TWO_POW_32,
} from '@crosvm/data-model';
import type { GuestMemory, MemoryRange } from '@crosvm/sys-util';

import type { ImageSource } from './image-source';
import { KernelError } from './kernel-error';
import type { LoadedKernel } from './load-kernel';
import { LOWEST_KERNEL_ADDRESS } from './load-plan';
import { XLF_CAN_BE_LOADED_ABOVE_4G } from './abi/setup-header';

/** An initrd in guest memory. */
export interface LoadedInitrd {
  readonly at: GuestAddress;
  /** Bytes. */
  readonly size: number;
}

const MiB = 1024 * 1024;

/** Where an initrd may be: free memory below the kernel's limit, highest first. */
function candidates(memory: GuestMemory, kernel: LoadedKernel): readonly MemoryRange[] {
  const { initrd_addr_max, xloadflags } = kernel.setupHeader;
  const low = initrd_addr_max + 1;
  const high = (xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) === 0 ? low : Infinity;
  const free = memory.regions.flatMap(({ at, size }) => {
    const end = at + size;
    const limit = Math.min(end, at < TWO_POW_32 ? low : high);
    return [
      clip(Math.max(at, LOWEST_KERNEL_ADDRESS), Math.min(limit, kernel.start)),
      clip(Math.max(at, kernel.end), limit),
    ];
  });
  // Below 4 GiB first: that is where every kernel expects it.
  const below = free.filter(({ at }) => at < TWO_POW_32).reverse();
  return [...below, ...free.filter(({ at }) => at >= TWO_POW_32)];
}

/** The whole pages between two addresses. */
function clip(from: GuestAddress, to: GuestAddress): MemoryRange {
  const at = alignUp(from, PAGE_SIZE);
  return { at, size: Math.max(0, alignDown(to, PAGE_SIZE) - at) };
}

function tooLarge(memory: GuestMemory, kernel: LoadedKernel, size: number): KernelError {
  const mib = Math.ceil(size / MiB);
  const needed = Math.ceil((kernel.end + alignUp(size, PAGE_SIZE)) / MiB);
  const limit = kernel.setupHeader.initrd_addr_max;
  if (needed * MiB > limit || needed * MiB <= memory.size) {
    return new KernelError(
      'INITRD_TOO_LARGE',
      `has ${mib} MiB, which is more than fits below the kernel's limit of ${limit} bytes`,
    );
  }
  return new KernelError(
    'INITRD_TOO_LARGE',
    `has ${mib} MiB, which do not fit beside the kernel: give the guest ${needed} MiB with -m`,
  );
}

/**
 * Loads an initrd into guest memory: page-aligned, as high as the kernel allows below the 32-bit
 * hole, and not where the kernel is or will decompress itself.
 * @throws KernelError EMPTY, INITRD_TOO_LARGE, TRUNCATED, UNREADABLE
 */
export function loadInitrd(
  memory: GuestMemory,
  source: ImageSource,
  kernel: LoadedKernel,
): LoadedInitrd {
  const { size } = source;
  if (size === 0) {
    throw new KernelError('EMPTY', 'is empty');
  }
  const space = candidates(memory, kernel).find((range) => fits(0, size, range.size));
  if (space === undefined) {
    throw tooLarge(memory, kernel, size);
  }
  const at = alignDown(space.at + space.size - size, PAGE_SIZE);
  source.copyTo(memory, { offset: 0, length: size, at });
  return { at, size };
}

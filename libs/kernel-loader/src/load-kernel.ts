import type { GuestAddress } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import { identify } from './identify';
import type { ImageSource } from './image-source';
import type { KernelKind, LoadPlan } from './load-plan';
import { planBzImage } from './plan-bzimage';
import { planElf } from './plan-elf';
import type { SetupHeader } from './abi/setup-header';

/** A kernel in guest memory, and what a boot loader has to know of it. */
export interface LoadedKernel {
  readonly kind: KernelKind;
  /** Its lowest address. */
  readonly start: GuestAddress;
  /** The address after the last byte that it needs while it starts: nothing else goes below. */
  readonly end: GuestAddress;
  /** Where a vCPU enters it in 64-bit mode. */
  readonly entry: GuestAddress;
  /** What goes into the boot parameters; a bzImage's own, or made up for an ELF file. */
  readonly setupHeader: SetupHeader;
}

function execute(plan: LoadPlan, source: ImageSource, memory: GuestMemory): void {
  for (const copy of plan.copies) {
    source.copyTo(memory, copy);
  }
  for (const { at, length } of plan.zeroes) {
    memory.fill(at, length, 0);
  }
}

/**
 * Loads a Linux kernel into guest memory: an ELF64 `vmlinux`, top-level or the one of
 * arch/x86/boot/compressed, or a bzImage. Memory stays untouched unless all headers are sound.
 * @throws KernelError saying what is wrong with the image
 */
export function loadKernel(memory: GuestMemory, source: ImageSource): LoadedKernel {
  const plan = identify(source) === 'elf' ? planElf(source, memory) : planBzImage(source, memory);
  execute(plan, source, memory);
  const { kind, start, end, entry, setupHeader } = plan;
  return { kind, start, end, entry, setupHeader };
}

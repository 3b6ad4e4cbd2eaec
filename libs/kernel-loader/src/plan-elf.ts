import { PAGE_SIZE, alignUp } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import type { ImageSource } from './image-source';
import { initSize } from './init-size';
import {
  available,
  DEFAULT_LOAD_ADDRESS,
  type LoadPlan,
  LOWEST_KERNEL_ADDRESS,
  makeSetupHeader,
  requireMemory,
} from './load-plan';
import { type ElfImage, parseElf } from './parse-elf';

/**
 * CONFIG_PHYSICAL_ALIGN is at most 16 MiB, and a stub at 16 MiB satisfies every smaller one too:
 * it then decompresses the kernel to exactly where we loaded the stub.
 */
const STUB_ALIGNMENT = DEFAULT_LOAD_ADDRESS;

function transfers(elf: ElfImage, bias: number): Pick<LoadPlan, 'copies' | 'zeroes'> {
  return {
    copies: elf.segments.map(({ offset, fileSize, at }) => ({
      offset,
      length: fileSize,
      at: at + bias,
    })),
    zeroes: elf.segments.map(({ at, fileSize, memorySize }) => ({
      at: at + fileSize + bias,
      length: memorySize - fileSize,
    })),
  };
}

function endOf(elf: ElfImage): number {
  return Math.max(...elf.segments.map(({ at, memorySize }) => at + memorySize));
}

/** The kernel proper goes where it is linked. */
function planVmlinux(elf: ElfImage, memory: GuestMemory): LoadPlan {
  const start = elf.segments[0].at;
  const end = alignUp(endOf(elf), PAGE_SIZE);
  requireMemory(memory, start, end);
  return {
    kind: 'vmlinux',
    ...transfers(elf, 0),
    start,
    end,
    entry: elf.entry,
    setupHeader: makeSetupHeader({
      kernel_alignment: DEFAULT_LOAD_ADDRESS,
      pref_address: start,
      init_size: end - start,
    }),
  };
}

/**
 * The boot stub is linked at 0 and runs anywhere: it goes to where a bzImage would. It reads
 * `kernel_alignment` and `init_size` from the boot parameters (BP_init_size in
 * arch/x86/boot/compressed/head_64.S), which only a bzImage's header has.
 */
function planStub(source: ImageSource, elf: ElfImage, memory: GuestMemory): LoadPlan {
  const bias = DEFAULT_LOAD_ADDRESS;
  const { minimum, comfortable } = initSize(source, elf);
  requireMemory(memory, bias, bias + minimum);
  const size = Math.min(comfortable, available(memory, bias));
  return {
    kind: 'compressed-vmlinux',
    ...transfers(elf, bias),
    start: bias,
    end: bias + size,
    entry: elf.entry + bias,
    setupHeader: makeSetupHeader({
      kernel_alignment: STUB_ALIGNMENT,
      relocatable_kernel: 1,
      pref_address: bias,
      init_size: size,
    }),
  };
}

/**
 * How to load an ELF kernel: top-level `vmlinux` or `arch/x86/boot/compressed/vmlinux`.
 * @throws KernelError as `parseElf`; BAD_ADDRESS, TOO_LITTLE_MEMORY
 */
export function planElf(source: ImageSource, memory: GuestMemory): LoadPlan {
  const elf = parseElf(source);
  return elf.segments[0].at < LOWEST_KERNEL_ADDRESS
    ? planStub(source, elf, memory)
    : planVmlinux(elf, memory);
}

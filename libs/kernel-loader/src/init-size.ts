import { alignUp, fits, PAGE_SIZE } from '@crosvm/data-model';

import { type ElfSection, readSections, readSymbols } from './elf-sections';
import type { ImageSource } from './image-source';
import type { ElfImage } from './parse-elf';

/*
 * The boot stub (arch/x86/boot/compressed) moves itself to the end of a buffer of `init_size` bytes
 * and decompresses the kernel to its start, in place. A bzImage says how large the buffer must be;
 * the stub's ELF file does not, so it is computed as arch/x86/boot/header.S does:
 *
 *      0                 extract offset                              init_size
 *      |-----------------------|---------- the stub, payload inside -----|
 *      |---------- the kernel, its .bss and .brk -------------|
 */

/** Bytes of the buffer that a boot stub needs. */
export interface InitSize {
  /** With less it cannot work. */
  readonly minimum: number;
  /** With this much it works for sure; equal to `minimum` where the file says all there is to know. */
  readonly comfortable: number;
}

interface Payload {
  /** Bytes, compressed. */
  readonly input: number;
  /** Bytes of the kernel file, decompressed. */
  readonly output: number;
}

const MiB = 1024 * 1024;

/** KERNEL_IMAGE_SIZE of a kernel with KASLR: no kernel is larger. */
const MAX_KERNEL_BYTES = 1024 * MiB;

/** .bss and .brk of the kernel where the stub does not tell; distributions have about 15 MiB. */
const GENEROUS_BSS = 32 * MiB;

/** No compressor shrinks a kernel to less than a sixteenth; a quarter is usual. */
const UNKNOWN_RATIO = { minimum: 3, comfortable: 16 };

function pages(bytes: number): number {
  return alignUp(bytes, PAGE_SIZE);
}

/** The worst growth of any decompressor in place: ZO_z_extra_bytes in header.S. */
function stubBuffer(stub: number, { input, output }: Payload): number {
  const extra = Math.floor(output / 256) + 128 * 1024;
  return stub + pages(Math.max(output - input, 0) + extra);
}

function sane(input: number | undefined, output: number | undefined): Payload | undefined {
  const ok = (bytes: number | undefined): bytes is number =>
    bytes !== undefined && fits(0, bytes, MAX_KERNEL_BYTES) && bytes > 0;
  return ok(input) && ok(output) ? { input, output } : undefined;
}

/** Every payload ends in its decompressed size: gzip's own trailer, `size_append` for the others. */
function payloadOfSection(
  source: ImageSource,
  sections: readonly ElfSection[],
): Payload | undefined {
  const section = sections.find(({ name }) => name === '.rodata..compressed');
  if (section === undefined || !fits(section.offset, section.size, source.size)) {
    return undefined;
  }
  const { offset, size } = section;
  if (size < 4) {
    return undefined;
  }
  const tail = new DataView(source.read(offset + size - 4, 4).buffer);
  return sane(size, tail.getUint32(0, true));
}

/** The value of the stub's constant `kernel_total_size`: the kernel in memory, .bss included. */
function kernelTotalSize(
  source: ImageSource,
  elf: ElfImage,
  at: number | undefined,
): number | undefined {
  const segment = elf.segments.find(
    ({ virtual, fileSize }) => at !== undefined && fits(at - virtual, 8, fileSize),
  );
  if (at === undefined || segment === undefined) {
    return undefined;
  }
  const bytes = source.read(segment.offset + (at - segment.virtual), 8);
  const value = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return value > 0 && value <= MAX_KERNEL_BYTES ? value : undefined;
}

/**
 * How much memory the boot stub in `elf` needs from its load address on.
 * @throws KernelError UNREADABLE, TRUNCATED
 */
export function initSize(source: ImageSource, elf: ElfImage): InitSize {
  const stub = pages(Math.max(...elf.segments.map(({ at, memorySize }) => at + memorySize)));
  const sections = readSections(source, elf.sections);
  const symbols = readSymbols(source, sections);
  const payload =
    sane(symbols.get('z_input_len'), symbols.get('z_output_len')) ??
    payloadOfSection(source, sections);
  if (payload === undefined) {
    return { minimum: stub * UNKNOWN_RATIO.minimum, comfortable: stub * UNKNOWN_RATIO.comfortable };
  }
  const buffer = stubBuffer(stub, payload);
  const total = kernelTotalSize(source, elf, symbols.get('kernel_total_size'));
  return {
    minimum: pages(Math.max(buffer, total ?? payload.output)),
    comfortable: pages(Math.max(buffer, total ?? payload.output + GENEROUS_BSS)),
  };
}

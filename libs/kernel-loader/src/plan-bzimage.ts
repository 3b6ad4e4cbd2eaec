import { alignUp, TWO_POW_32 } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import type { ImageSource } from './image-source';
import { KernelError } from './kernel-error';
import { type LoadPlan, LOWEST_KERNEL_ADDRESS, requireMemory } from './load-plan';
import {
  LOADED_HIGH,
  setup_header,
  SETUP_HEADER_OFFSET,
  type SetupHeader,
  XLF_KERNEL_64,
} from './abi/setup-header';

/* Source: Documentation/x86/boot.rst, "64-bit Boot Protocol". */

const SECTOR = 512;

/** What 0 in `setup_sects` means, for historical reasons. */
const DEFAULT_SETUP_SECTORS = 4;

/** The first version with `xloadflags`: Linux 3.8. */
const VERSION_64BIT = 0x020c;

/** The second byte of the jump at 0x200: the setup header ends where it jumps to. */
const JUMP_DISTANCE_OFFSET = 0x201;
const JUMP_END = 0x202;

/** From the load address to the 64-bit entry point. */
const ENTRY_64_OFFSET = 0x200;

function bad(message: string): KernelError {
  return new KernelError('BAD_HEADER', message);
}

/** The header as far as this kernel has one, the rest zero. */
function readHeader(source: ImageSource): SetupHeader {
  const end = JUMP_END + (source.read(JUMP_DISTANCE_OFFSET, 1)[0] ?? 0);
  const length = Math.min(end - SETUP_HEADER_OFFSET, setup_header.size);
  const header = setup_header.allocate();
  header.buffer.set(source.read(SETUP_HEADER_OFFSET, length));
  return header;
}

function checkProtocol({ version, xloadflags, loadflags }: SetupHeader): void {
  if (version < VERSION_64BIT) {
    const told = `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
    throw new KernelError(
      'NO_64BIT_ENTRY',
      `is an old bzImage without a 64-bit entry point: boot protocol ${told}, 2.12 is needed`,
    );
  }
  if ((xloadflags & XLF_KERNEL_64) === 0) {
    throw new KernelError(
      'NO_64BIT_ENTRY',
      'is a bzImage without a 64-bit entry point; crosvm boots 64-bit x86 kernels',
    );
  }
  if ((loadflags & LOADED_HIGH) === 0) {
    throw bad('is a zImage, which has no place above 1 MiB');
  }
}

/** Where in the file the part to load is. */
function protectedModePart(source: ImageSource, header: SetupHeader) {
  const sectors = header.setup_sects === 0 ? DEFAULT_SETUP_SECTORS : header.setup_sects;
  const offset = (sectors + 1) * SECTOR;
  const length = header.syssize * 16;
  if (length <= ENTRY_64_OFFSET) {
    throw bad(`has only ${length} bytes of kernel`);
  }
  if (offset + length > source.size) {
    const missing = offset + length - source.size;
    throw new KernelError('TRUNCATED', `is truncated: ${missing} bytes are missing at its end`);
  }
  return { offset, length };
}

/** A kernel below `pref_address` would move itself there, so that is where it is loaded. */
function loadAddress({ pref_address, kernel_alignment, relocatable_kernel }: SetupHeader): number {
  const alignment = kernel_alignment;
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0) {
    throw bad(`wants an alignment of ${alignment}, which is no power of two`);
  }
  if (pref_address >= LOWEST_KERNEL_ADDRESS && pref_address < TWO_POW_32) {
    return relocatable_kernel === 0 ? pref_address : alignUp(pref_address, alignment);
  }
  if (relocatable_kernel === 0) {
    throw new KernelError(
      'BAD_ADDRESS',
      `can only be loaded at 0x${pref_address.toString(16)}, where no kernel can be`,
    );
  }
  return alignUp(LOWEST_KERNEL_ADDRESS, alignment);
}

/**
 * How to load a bzImage by the 64-bit boot protocol.
 * @throws KernelError NO_64BIT_ENTRY, BAD_HEADER, BAD_ADDRESS, TRUNCATED, TOO_LITTLE_MEMORY,
 *   UNREADABLE
 */
export function planBzImage(source: ImageSource, memory: GuestMemory): LoadPlan {
  const header = readHeader(source);
  checkProtocol(header);
  const { offset, length } = protectedModePart(source, header);
  const start = loadAddress(header);
  const end = start + Math.max(header.init_size, length);
  requireMemory(memory, start, end);
  return {
    kind: 'bzImage',
    copies: [{ offset, length, at: start }],
    zeroes: [],
    start,
    end,
    entry: start + ENTRY_64_OFFSET,
    setupHeader: header,
  };
}

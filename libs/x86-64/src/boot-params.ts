import { type GuestAddress, TWO_POW_32 } from '@crosvm/data-model';
import type { LoadedInitrd, SetupHeader } from '@crosvm/kernel-loader';
import type { GuestMemory } from '@crosvm/sys-util';

import { boot_params } from './abi';
import { e820Map } from './e820';
import { BOOT_PARAMS_ADDRESS, COMMAND_LINE_ADDRESS } from './layout';

/** `type_of_loader` of a loader that has no number assigned. */
const UNASSIGNED_LOADER = 0xff;

/** What the boot parameters tell the kernel. */
export interface BootParams {
  /** The kernel's own setup header. */
  readonly setupHeader: SetupHeader;
  readonly initrd?: LoadedInitrd | undefined;
  /** Where the ACPI tables begin. */
  readonly rsdp: GuestAddress;
}

const low = (value: number): number => value % TWO_POW_32;
const high = (value: number): number => Math.floor(value / TWO_POW_32);

/**
 * Writes the boot parameters, at `BOOT_PARAMS_ADDRESS`.
 * Source: Documentation/x86/zero-page.rst and boot.rst, "64-bit Boot Protocol".
 */
export function writeBootParams(memory: GuestMemory, params: BootParams): void {
  const { at = 0, size = 0 } = params.initrd ?? {};
  const map = e820Map(memory.regions);
  const page = boot_params.from({
    acpi_rsdp_addr: params.rsdp,
    ext_ramdisk_image: high(at),
    ext_ramdisk_size: high(size),
    e820_entries: map.length,
    e820_table: map,
  });
  page.set(params.setupHeader.buffer, boot_params.offsetOf('hdr'));
  const { hdr } = boot_params.at(page.buffer);
  hdr.type_of_loader = UNASSIGNED_LOADER;
  hdr.cmd_line_ptr = COMMAND_LINE_ADDRESS;
  hdr.ramdisk_image = low(at);
  hdr.ramdisk_size = low(size);
  memory.write(BOOT_PARAMS_ADDRESS, page);
}

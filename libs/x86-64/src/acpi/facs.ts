import { addr64, bytes, struct, u32, u8 } from '@crosvm/data-model';

import { ascii } from '../bytes';

/** ACPI 6.3, 5.2.10. It has neither a header nor a checksum, as the guest writes to it. */
const acpi_table_facs = struct('acpi_table_facs', {
  signature: bytes(4),
  length: u32,
  hardware_signature: u32,
  firmware_waking_vector: u32,
  global_lock: u32,
  flags: u32,
  xfirmware_waking_vector: addr64,
  version: u8,
  reserved: bytes(3),
  ospm_flags: u32,
  reserved1: bytes(24),
});

const FACS_VERSION = 2;

/** The firmware control structure: the global lock, which a guest takes as long as it has none. */
export function facs(): Uint8Array {
  return acpi_table_facs.from({
    signature: ascii('FACS'),
    length: acpi_table_facs.size,
    version: FACS_VERSION,
  });
}

import { addr64, bytes, type GuestAddress, struct, u32, u8 } from '@crosvm/data-model';

import { ascii, checksum } from '../bytes';
import { OEM_ID } from './table';

/** ACPI 6.3, 5.2.5.3. */
const acpi_table_rsdp = struct(
  'acpi_table_rsdp',
  {
    signature: bytes(8),
    checksum: u8,
    oem_id: bytes(6),
    revision: u8,
    rsdt_physical_address: u32,
    length: u32,
    xsdt_physical_address: addr64,
    extended_checksum: u8,
    reserved: bytes(3),
  },
  { packed: true },
);

/** Revision 2 is the one that has an XSDT. */
const RSDP_REVISION = 2;
/** The first checksum covers the structure of ACPI 1.0 only. */
const RSDP_1_BYTES = 20;

/** The root pointer to the XSDT; there is no RSDT, which only systems before ACPI 2.0 want. */
export function rsdp(xsdt: GuestAddress): Uint8Array {
  const pointer = acpi_table_rsdp.from({
    signature: ascii('RSD PTR '),
    oem_id: ascii(OEM_ID),
    revision: RSDP_REVISION,
    length: acpi_table_rsdp.size,
    xsdt_physical_address: xsdt,
  });
  pointer[acpi_table_rsdp.offsetOf('checksum')] = checksum(pointer.subarray(0, RSDP_1_BYTES));
  pointer[acpi_table_rsdp.offsetOf('extended_checksum')] = checksum(pointer);
  return pointer;
}

/** Bytes of the root pointer. */
export const RSDP_BYTES = acpi_table_rsdp.size;

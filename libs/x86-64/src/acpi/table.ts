import { bytes, struct, u32, u8 } from '@crosvm/data-model';

import { ascii, checksum, concat } from '../bytes';

/** ACPI 6.3, 5.2.6: what every table but RSDP and FACS starts with. */
const acpi_table_header = struct('acpi_table_header', {
  signature: bytes(4),
  length: u32,
  revision: u8,
  checksum: u8,
  oem_id: bytes(6),
  oem_table_id: bytes(8),
  oem_revision: u32,
  creator_id: bytes(4),
  creator_revision: u32,
});

/** The OEM id in all our tables. */
export const OEM_ID = 'CROSVM';

/** What a table says of itself. */
export interface TableIdentity {
  /** Four characters. */
  readonly signature: string;
  readonly revision: number;
}

/** An ACPI table: the header, with its checksum, and `body`. */
export function table({ signature, revision }: TableIdentity, body: Uint8Array): Uint8Array {
  const header = acpi_table_header.from({
    signature: ascii(signature),
    length: acpi_table_header.size + body.length,
    revision,
    oem_id: ascii(OEM_ID),
    oem_table_id: ascii(`${OEM_ID}${signature.slice(0, 2)}`),
    oem_revision: 1,
    creator_id: ascii('CRVM'),
    creator_revision: 1,
  });
  const whole = concat(header, body);
  whole[acpi_table_header.offsetOf('checksum')] = checksum(whole);
  return whole;
}

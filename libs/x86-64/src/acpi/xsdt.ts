import { addr64, flexible, type GuestAddress, struct } from '@crosvm/data-model';

import { table } from './table';

const entries = struct('xsdt_entries', { table_offset_entry: flexible(addr64) });

/** The list of all tables but DSDT and FACS, which the FADT points at. ACPI 6.3, 5.2.8. */
export function xsdt(tables: readonly GuestAddress[]): Uint8Array {
  return table({ signature: 'XSDT', revision: 1 }, entries.from({ table_offset_entry: tables }));
}

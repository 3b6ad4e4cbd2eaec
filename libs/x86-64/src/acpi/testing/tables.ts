import type { GuestAddress } from '@crosvm/data-model';
import { GuestMemory } from '@crosvm/sys-util';

import { type AcpiOptions, writeAcpiTables } from '../write-acpi-tables';

const MEBIBYTE = 0x10_0000;
/** Bytes of a table's header. */
const HEADER_BYTES = 36;

/** The tables that a guest finds from the RSDP on, by signature. */
export interface FoundTables {
  readonly at: GuestAddress;
  readonly rsdp: Uint8Array;
  readonly tables: ReadonlyMap<string, Uint8Array>;
  readonly addresses: ReadonlyMap<string, GuestAddress>;
}

/** The text of `length` bytes. */
export function text(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.subarray(at, at + length)).toString('latin1');
}

/** A view to read integers with. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The sum of the bytes, modulo 256. */
export function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 0) & 0xff;
}

/** Writes ACPI tables into guest memory and follows the pointers as a guest does. */
export function findTables(options: AcpiOptions): FoundTables {
  const memory = GuestMemory.create([{ at: 0, size: MEBIBYTE }]);
  const at = writeAcpiTables(memory, options);
  const rsdp = memory.read(at, HEADER_BYTES);
  const tables = new Map<string, Uint8Array>();
  const addresses = new Map<string, GuestAddress>();
  const follow = (address: GuestAddress): Uint8Array => {
    const found = memory.read(address, memory.readU32(address + 4));
    tables.set(text(found, 0, 4), found);
    addresses.set(text(found, 0, 4), address);
    return found;
  };
  const xsdt = follow(Number(viewOf(rsdp).getBigUint64(24, true)));
  for (let entry = HEADER_BYTES; entry < xsdt.length; entry += 8) {
    follow(Number(viewOf(xsdt).getBigUint64(entry, true)));
  }
  const fadt = viewOf(tables.get('FACP') ?? new Uint8Array(0));
  follow(fadt.getUint32(36, true));
  follow(Number(fadt.getBigUint64(140, true)));
  return { at, rsdp, tables, addresses };
}

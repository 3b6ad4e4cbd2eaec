import { alignUp, type GuestAddress } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import { checkCpuCount } from '../cpu-count';
import { ACPI_ADDRESS, ACPI_SIZE } from '../layout';
import type { Aml } from './aml';
import { dsdt } from './dsdt';
import { facs } from './facs';
import { fadt } from './fadt';
import { madt } from './madt';
import { rsdp, RSDP_BYTES } from './rsdp';
import { xsdt } from './xsdt';

/*
 *   ACPI_ADDRESS -> RSDP -> XSDT -> FADT -> FACS
 *                                |       -> DSDT
 *                                -> MADT
 */

/** The FACS has to be aligned so; the others are for the eye. */
const TABLE_ALIGNMENT = 64;

/** What the guest is told by ACPI. */
export interface AcpiOptions {
  /** CPUs, with APIC ids 0 to `cpus - 1`. */
  readonly cpus: number;
  /** The devices that the guest cannot find by itself: `acpiSerialPort`, `acpiRtc`. */
  readonly devices: readonly Aml[];
}

/** Puts tables one after the other. */
class TableWriter {
  #next: GuestAddress = alignUp(ACPI_ADDRESS + RSDP_BYTES, TABLE_ALIGNMENT);

  constructor(readonly memory: GuestMemory) {}

  /** @throws RangeError if there is no more room */
  add(table: Uint8Array): GuestAddress {
    const at = this.#next;
    const end = ACPI_ADDRESS + ACPI_SIZE;
    if (table.length > end - at) {
      throw new RangeError(`ACPI tables need more than ${ACPI_SIZE} bytes`);
    }
    this.memory.write(at, table);
    this.#next = Math.min(end, alignUp(at + table.length, TABLE_ALIGNMENT));
    return at;
  }
}

/**
 * Writes the ACPI tables. The RSDP is where guests look for it.
 * @returns where the RSDP is
 * @throws RangeError for a number of CPUs that is not 1 to MAX_VCPUS, or too many devices
 * @throws GuestMemoryError if there is no memory at ACPI_ADDRESS
 */
export function writeAcpiTables(memory: GuestMemory, options: AcpiOptions): GuestAddress {
  checkCpuCount(options.cpus);
  const writer = new TableWriter(memory);
  const pointers = { facs: writer.add(facs()), dsdt: writer.add(dsdt(options.devices)) };
  const tables = [writer.add(fadt(pointers)), writer.add(madt(options.cpus))];
  memory.write(ACPI_ADDRESS, rsdp(writer.add(xsdt(tables))));
  return ACPI_ADDRESS;
}

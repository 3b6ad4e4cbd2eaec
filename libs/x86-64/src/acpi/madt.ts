import { bytes, struct, u16, u32, u8 } from '@crosvm/data-model';

import { concat } from '../bytes';
import { IO_APIC_ADDRESS, IO_APIC_ID, LOCAL_APIC_ADDRESS, SCI_IRQ } from '../layout';
import { table } from './table';

const MADT_REVISION = 5;

/** Which structure of ACPI 6.3, 5.2.12. */
const enum EntryType {
  LOCAL_APIC = 0,
  IO_APIC = 1,
  INTERRUPT_OVERRIDE = 2,
  LOCAL_APIC_NMI = 4,
  LOCAL_X2APIC = 9,
  LOCAL_X2APIC_NMI = 10,
}

const acpi_table_madt = struct('acpi_table_madt', { address: u32, flags: u32 });

const acpi_madt_local_apic = struct('acpi_madt_local_apic', {
  type: u8,
  length: u8,
  processor_id: u8,
  id: u8,
  lapic_flags: u32,
});

const acpi_madt_local_x2apic = struct('acpi_madt_local_x2apic', {
  type: u8,
  length: u8,
  reserved: u16,
  local_apic_id: u32,
  lapic_flags: u32,
  uid: u32,
});

const acpi_madt_io_apic = struct('acpi_madt_io_apic', {
  type: u8,
  length: u8,
  id: u8,
  reserved: u8,
  address: u32,
  global_irq_base: u32,
});

const acpi_madt_interrupt_override = struct(
  'acpi_madt_interrupt_override',
  { type: u8, length: u8, bus: u8, source_irq: u8, global_irq: u32, inti_flags: u16 },
  { packed: true },
);

const acpi_madt_local_apic_nmi = struct(
  'acpi_madt_local_apic_nmi',
  { type: u8, length: u8, processor_id: u8, inti_flags: u16, lint: u8 },
  { packed: true },
);

const acpi_madt_local_x2apic_nmi = struct('acpi_madt_local_x2apic_nmi', {
  type: u8,
  length: u8,
  inti_flags: u16,
  uid: u32,
  lint: u8,
  reserved: bytes(3),
});

/** There are also two PICs, which the guest has to mask. */
const ACPI_MADT_PCAT_COMPAT = 1;
const ACPI_MADT_ENABLED = 1;
/** MPS INTI flags: level-triggered (11b << 2), active high (01b). */
const LEVEL_ACTIVE_HIGH = 0xd;
/** The id of the last CPU that a local APIC entry may describe; 255 addresses all of them. */
const LAST_LOCAL_APIC_ID = 254;
const ALL_LOCAL_APICS = 0xff;
const ALL_LOCAL_X2APICS = 0xffff_ffff;

function processor(id: number): Uint8Array {
  if (id <= LAST_LOCAL_APIC_ID) {
    return acpi_madt_local_apic.from({
      type: EntryType.LOCAL_APIC,
      length: acpi_madt_local_apic.size,
      processor_id: id,
      id,
      lapic_flags: ACPI_MADT_ENABLED,
    });
  }
  return acpi_madt_local_x2apic.from({
    type: EntryType.LOCAL_X2APIC,
    length: acpi_madt_local_x2apic.size,
    local_apic_id: id,
    lapic_flags: ACPI_MADT_ENABLED,
    uid: id,
  });
}

function ioApic(): Uint8Array {
  return acpi_madt_io_apic.from({
    type: EntryType.IO_APIC,
    length: acpi_madt_io_apic.size,
    id: IO_APIC_ID,
    address: IO_APIC_ADDRESS,
    global_irq_base: 0,
  });
}

/**
 * ISA interrupts are GSIs of their number, edge-triggered and active high, unless overridden. So it
 * is with KVM's default routes, also for the timer's interrupt 0, but not for the trigger of SCI.
 */
function sciOverride(): Uint8Array {
  return acpi_madt_interrupt_override.from({
    type: EntryType.INTERRUPT_OVERRIDE,
    length: acpi_madt_interrupt_override.size,
    source_irq: SCI_IRQ,
    global_irq: SCI_IRQ,
    inti_flags: LEVEL_ACTIVE_HIGH,
  });
}

/** NMI at LINT1 of all CPUs. */
function nmis(cpus: number): Uint8Array[] {
  const nmi = acpi_madt_local_apic_nmi.from({
    type: EntryType.LOCAL_APIC_NMI,
    length: acpi_madt_local_apic_nmi.size,
    processor_id: ALL_LOCAL_APICS,
    lint: 1,
  });
  const x2apicNmi = acpi_madt_local_x2apic_nmi.from({
    type: EntryType.LOCAL_X2APIC_NMI,
    length: acpi_madt_local_x2apic_nmi.size,
    uid: ALL_LOCAL_X2APICS,
    lint: 1,
  });
  return cpus > LAST_LOCAL_APIC_ID + 1 ? [nmi, x2apicNmi] : [nmi];
}

/** The interrupt controllers: a local APIC a CPU, with ids 0 to `cpus - 1`, and the IO-APIC. */
export function madt(cpus: number): Uint8Array {
  const body = concat(
    acpi_table_madt.from({ address: LOCAL_APIC_ADDRESS, flags: ACPI_MADT_PCAT_COMPAT }),
    ...Array.from({ length: cpus }, (_, id) => processor(id)),
    ioApic(),
    sciOverride(),
    ...nmis(cpus),
  );
  return table({ signature: 'APIC', revision: MADT_REVISION }, body);
}

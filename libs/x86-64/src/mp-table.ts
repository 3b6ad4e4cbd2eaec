import { addr64, bytes, type GuestAddress, struct, u16, u32, u8 } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import { ascii, checksum, concat } from './bytes';
import { checkCpuCount } from './cpu-count';
import {
  IO_APIC_ADDRESS,
  IO_APIC_ID,
  ISA_CASCADE_IRQ,
  ISA_IRQS,
  LOCAL_APIC_ADDRESS,
  MP_TABLE_ADDRESS,
  MP_TABLE_SIZE,
} from './layout';

/*
 * Intel MultiProcessor Specification 1.4, chapter 4: what a kernel reads that has no ACPI.
 *
 *   MP_TABLE_ADDRESS -> floating pointer (16 bytes)
 *                       header (44)
 *                       processors (20 each), bus, IO-APIC, interrupts (8 each)
 */

const SPEC_REVISION = 4;
const LOCAL_APIC_VERSION = 0x14;
const IO_APIC_VERSION = 0x11;
const ISA_BUS_ID = 0;
/** Instead of the id of one local APIC: all of them. */
const ALL_LOCAL_APICS = 0xff;

const enum EntryType {
  PROCESSOR,
  BUS,
  IO_APIC,
  IO_INTERRUPT,
  LOCAL_INTERRUPT,
}

const enum InterruptType {
  VECTORED = 0,
  NMI = 1,
  EXTINT = 3,
}

const PROCESSOR_ENABLED = 1;
const PROCESSOR_BOOT = 2;
const IO_APIC_ENABLED = 1;
/** For the eye only, as CPUID has the truth: a P6 with an FPU and a local APIC. */
const CPU_SIGNATURE = 0x600;
const CPU_FEATURES = 0x201;

const mpf_intel = struct('mpf_intel', {
  signature: bytes(4),
  physptr: u32,
  /** In 16-byte units. */
  length: u8,
  specification: u8,
  checksum: u8,
  features: bytes(5),
});

const mpc_table = struct('mpc_table', {
  signature: bytes(4),
  length: u16,
  spec: u8,
  checksum: u8,
  oem: bytes(8),
  productid: bytes(12),
  oemptr: u32,
  oemsize: u16,
  oemcount: u16,
  lapic: u32,
  reserved: u32,
});

const mpc_cpu = struct(
  'mpc_cpu',
  {
    type: u8,
    apicid: u8,
    apicver: u8,
    cpuflag: u8,
    cpufeature: u32,
    featureflag: u32,
    reserved: addr64,
  },
  { packed: true },
);

const mpc_bus = struct('mpc_bus', { type: u8, busid: u8, bustype: bytes(6) });

const mpc_ioapic = struct('mpc_ioapic', {
  type: u8,
  apicid: u8,
  apicver: u8,
  flags: u8,
  apicaddr: u32,
});

/** Of both I/O and local interrupts. Flags 0: polarity and trigger as usual on the bus. */
const mpc_intsrc = struct('mpc_intsrc', {
  type: u8,
  irqtype: u8,
  irqflag: u16,
  srcbus: u8,
  srcbusirq: u8,
  dstapic: u8,
  dstirq: u8,
});

function processors(cpus: number): Uint8Array[] {
  return Array.from({ length: cpus }, (_, index) =>
    mpc_cpu.from({
      type: EntryType.PROCESSOR,
      apicid: index,
      apicver: LOCAL_APIC_VERSION,
      cpuflag: PROCESSOR_ENABLED | (index === 0 ? PROCESSOR_BOOT : 0),
      cpufeature: CPU_SIGNATURE,
      featureflag: CPU_FEATURES,
    }),
  );
}

/** KVM's default routes: pin n of the IO-APIC is interrupt n, 0 too. */
function isaInterrupts(): Uint8Array[] {
  const irqs = Array.from({ length: ISA_IRQS }, (_, irq) => irq);
  return irqs
    .filter((irq) => irq !== ISA_CASCADE_IRQ)
    .map((irq) =>
      mpc_intsrc.from({
        type: EntryType.IO_INTERRUPT,
        irqtype: InterruptType.VECTORED,
        srcbus: ISA_BUS_ID,
        srcbusirq: irq,
        dstapic: IO_APIC_ID,
        dstirq: irq,
      }),
    );
}

/** The PIC at LINT0 of the boot CPU, NMI at LINT1 of all. */
function localInterrupts(): Uint8Array[] {
  const common = { type: EntryType.LOCAL_INTERRUPT, srcbus: ISA_BUS_ID, srcbusirq: 0 };
  return [
    mpc_intsrc.from({ ...common, irqtype: InterruptType.EXTINT, dstapic: 0, dstirq: 0 }),
    mpc_intsrc.from({ ...common, irqtype: InterruptType.NMI, dstapic: ALL_LOCAL_APICS, dstirq: 1 }),
  ];
}

function configurationTable(cpus: number): Uint8Array {
  const entries = [
    ...processors(cpus),
    mpc_bus.from({ type: EntryType.BUS, busid: ISA_BUS_ID, bustype: ascii('ISA', 6) }),
    mpc_ioapic.from({
      type: EntryType.IO_APIC,
      apicid: IO_APIC_ID,
      apicver: IO_APIC_VERSION,
      flags: IO_APIC_ENABLED,
      apicaddr: IO_APIC_ADDRESS,
    }),
    ...isaInterrupts(),
    ...localInterrupts(),
  ];
  const body = concat(...entries);
  const header = mpc_table.from({
    signature: ascii('PCMP'),
    length: mpc_table.size + body.length,
    spec: SPEC_REVISION,
    oem: ascii('CROSVM', 8),
    productid: ascii('CROSVM', 12),
    oemcount: entries.length,
    lapic: LOCAL_APIC_ADDRESS,
  });
  const table = concat(header, body);
  table[mpc_table.offsetOf('checksum')] = checksum(table);
  return table;
}

function floatingPointer(table: GuestAddress): Uint8Array {
  const pointer = mpf_intel.from({
    signature: ascii('_MP_'),
    physptr: table,
    length: mpf_intel.size / 16,
    specification: SPEC_REVISION,
  });
  pointer[mpf_intel.offsetOf('checksum')] = checksum(pointer);
  return pointer;
}

/**
 * Writes the MP floating pointer and configuration table for CPUs with APIC ids 0 to `cpus - 1`.
 * @throws RangeError for a number of CPUs that is not 1 to MAX_VCPUS
 * @throws GuestMemoryError if there is no memory at MP_TABLE_ADDRESS
 */
export function writeMpTable(memory: GuestMemory, { cpus }: { readonly cpus: number }): void {
  checkCpuCount(cpus);
  const table = configurationTable(cpus);
  const bytes = concat(floatingPointer(MP_TABLE_ADDRESS + mpf_intel.size), table);
  if (bytes.length > MP_TABLE_SIZE) {
    throw new RangeError(`MP table of ${bytes.length} bytes is larger than ${MP_TABLE_SIZE}`);
  }
  memory.write(MP_TABLE_ADDRESS, bytes);
}

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
import { PCI_DEVICE_SLOTS, PCI_INTA, pciInterruptGsi } from './pci-interrupts';

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
/** Kernels take a PCI bus to have its own number as its id (MP spec 1.4, 4.3.2), so it comes first. */
const PCI_BUS_ID = 0;
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
function isaInterrupts(bus: number): Uint8Array[] {
  const irqs = Array.from({ length: ISA_IRQS }, (_, irq) => irq);
  return irqs
    .filter((irq) => irq !== ISA_CASCADE_IRQ)
    .map((irq) =>
      mpc_intsrc.from({
        type: EntryType.IO_INTERRUPT,
        irqtype: InterruptType.VECTORED,
        srcbus: bus,
        srcbusirq: irq,
        dstapic: IO_APIC_ID,
        dstirq: irq,
      }),
    );
}

/** A PCI interrupt's source is its device in bits 6 to 2 and its pin in bits 1 and 0. MP spec 1.4, D.3. */
function pciInterrupts(): Uint8Array[] {
  return PCI_DEVICE_SLOTS.map((slot) =>
    mpc_intsrc.from({
      type: EntryType.IO_INTERRUPT,
      irqtype: InterruptType.VECTORED,
      srcbus: PCI_BUS_ID,
      srcbusirq: (slot << 2) | PCI_INTA,
      dstapic: IO_APIC_ID,
      dstirq: pciInterruptGsi(slot),
    }),
  );
}

/** The PIC at LINT0 of the boot CPU, NMI at LINT1 of all. */
function localInterrupts(isa: number): Uint8Array[] {
  const common = { type: EntryType.LOCAL_INTERRUPT, srcbus: isa, srcbusirq: 0 };
  return [
    mpc_intsrc.from({ ...common, irqtype: InterruptType.EXTINT, dstapic: 0, dstirq: 0 }),
    mpc_intsrc.from({ ...common, irqtype: InterruptType.NMI, dstapic: ALL_LOCAL_APICS, dstirq: 1 }),
  ];
}

function bus(busid: number, type: string): Uint8Array {
  return mpc_bus.from({ type: EntryType.BUS, busid, bustype: ascii(type, 6) });
}

function configurationTable({ cpus, pci = false }: MpTableOptions): Uint8Array {
  const isa = pci ? PCI_BUS_ID + 1 : 0;
  const entries = [
    ...processors(cpus),
    ...(pci ? [bus(PCI_BUS_ID, 'PCI')] : []),
    bus(isa, 'ISA'),
    mpc_ioapic.from({
      type: EntryType.IO_APIC,
      apicid: IO_APIC_ID,
      apicver: IO_APIC_VERSION,
      flags: IO_APIC_ENABLED,
      apicaddr: IO_APIC_ADDRESS,
    }),
    ...isaInterrupts(isa),
    ...(pci ? pciInterrupts() : []),
    ...localInterrupts(isa),
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

/** What the guest is told by the MP table. */
export interface MpTableOptions {
  /** CPUs, with APIC ids 0 to `cpus - 1`. */
  readonly cpus: number;
  /** There is PCI bus 0. Default: false. */
  readonly pci?: boolean;
}

/**
 * Writes the MP floating pointer and configuration table.
 * @throws RangeError for a number of CPUs that is not 1 to MAX_VCPUS
 * @throws GuestMemoryError if there is no memory at MP_TABLE_ADDRESS
 */
export function writeMpTable(memory: GuestMemory, options: MpTableOptions): void {
  checkCpuCount(options.cpus);
  const table = configurationTable(options);
  const bytes = concat(floatingPointer(MP_TABLE_ADDRESS + mpf_intel.size), table);
  if (bytes.length > MP_TABLE_SIZE) {
    throw new RangeError(`MP table of ${bytes.length} bytes is larger than ${MP_TABLE_SIZE}`);
  }
  memory.write(MP_TABLE_ADDRESS, bytes);
}

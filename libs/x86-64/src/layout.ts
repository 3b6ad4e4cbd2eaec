import type { GuestAddress } from '@crosvm/data-model';

/*
 * Every address, port and interrupt number of the machine.
 *
 *            0  real-mode vectors and BIOS data: left zero
 *       0x0500  GDT                    \
 *       0x7000  boot parameters         | read once, while the kernel starts;
 *       0x8000  boot stack              | then ordinary memory
 *       0x9000  page tables             |
 *      0x20000  kernel command line    /
 *      0x9fc00  end of usable low memory
 *      0xe0000  ACPI tables            \  where a BIOS has them, and where kernels that are not
 *      0xf0000  MP table               /  told look for them
 *     0x100000  kernel (at 16 MiB as a rule), initrd, memory
 *
 *   0xc0000000  PCI windows, 512 MiB   \
 *   0xe0000000  PCI configuration       |
 *   0xf0000000  (free)                  | the 32-bit hole: no memory
 *   0xfec00000  I/O APIC                |
 *   0xfee00000  local APICs             |
 *   0xfffbc000  KVM's own pages        /
 *  0x100000000  the rest of memory
 *  behind it, at the next GiB: memory that devices share with the guest, 1 GiB
 */

/** Selectors are the boot protocol's: code at 0x10, data at 0x18. */
export const GDT_ADDRESS: GuestAddress = 0x500;

/** `struct boot_params`, one page; the address goes into RSI. */
export const BOOT_PARAMS_ADDRESS: GuestAddress = 0x7000;

/** Kernels set up a stack of their own at once, but should one push before, this is memory. */
export const BOOT_STACK_TOP: GuestAddress = 0x8ff0;

/** Page tables at entry: PML4, PDPT, four page directories, a page each. */
export const PAGE_TABLES_ADDRESS: GuestAddress = 0x9000;

/** The kernel's command line, up to 64 KiB. */
export const COMMAND_LINE_ADDRESS: GuestAddress = 0x2_0000;

/** Where a PC's extended BIOS data area begins: kernels expect no memory from here to 1 MiB. */
export const LOW_MEMORY_END: GuestAddress = 0x9_fc00;

/** The BIOS's area, which a kernel neither uses as memory nor gives to a PCI device. */
export const BIOS_AREA_ADDRESS: GuestAddress = 0xe_0000;

/** RSDP and the tables behind it: kernels search 0xe0000 to 0xfffff for it (ACPI 6.5, 5.2.5.1). */
export const ACPI_ADDRESS: GuestAddress = 0xe_0000;

/** Room for the ACPI tables. */
export const ACPI_SIZE = 0x1_0000;

/** The MP floating pointer: kernels search 0xf0000 to 0xfffff for it (MP spec 1.4, 4.1). */
export const MP_TABLE_ADDRESS: GuestAddress = 0xf_0000;

/** Room for the MP table. */
export const MP_TABLE_SIZE = 0x1_0000;

/** 1 MiB: memory of every PC begins again here. */
export const HIGH_MEMORY_START: GuestAddress = 0x10_0000;

/**
 * Memory below 4 GiB ends here. 3 GiB, so that a PCI window of 512 MiB and the configuration space
 * of 256 buses fit into the hole with room to spare.
 */
export const HOLE_START: GuestAddress = 0xc000_0000;

/** 4 GiB: memory goes on here. */
export const HOLE_END: GuestAddress = 0x1_0000_0000;

/** Window for 32-bit BARs of PCI devices. */
export const PCI_MMIO_ADDRESS: GuestAddress = 0xc000_0000;
/** Bytes of the window for 32-bit BARs. */
export const PCI_MMIO_SIZE = 0x2000_0000;

/** Enhanced configuration space (ECAM): 1 MiB for each of 256 buses, aligned to its size. */
export const PCI_ECAM_ADDRESS: GuestAddress = 0xe000_0000;
/** Bytes of the enhanced configuration space. */
export const PCI_ECAM_SIZE = 0x1000_0000;

/**
 * Room for memory that devices show their guest while it runs: behind all memory. Nothing tells the guest of it but
 * the devices.
 */
export const SHARED_MEMORY_SIZE = 0x4000_0000;

/** The I/O APIC, where every PC and KVM's in-kernel one has it. */
export const IO_APIC_ADDRESS: GuestAddress = 0xfec0_0000;
/** Its id: what KVM's answers after a reset. */
export const IO_APIC_ID = 0;
/** Its pins (KVM_IOAPIC_NUM_PINS). */
export const IO_APIC_PINS = 24;
/** The local APICs after a reset. */
export const LOCAL_APIC_ADDRESS: GuestAddress = 0xfee0_0000;

/** A page that KVM wants on Intel to run real mode (KVM_SET_IDENTITY_MAP_ADDR). */
export const IDENTITY_MAP_ADDRESS: GuestAddress = 0xfffb_c000;
/** Three pages that KVM wants on Intel to run real mode (KVM_SET_TSS_ADDR). */
export const TSS_ADDRESS: GuestAddress = 0xfffb_d000;

/** First port of COM1 to COM4. */
export const SERIAL_PORTS: readonly number[] = [0x3f8, 0x2f8, 0x3e8, 0x2e8];
/** Interrupts of COM1 to COM4: two lines for four ports, as on every PC. */
export const SERIAL_IRQS: readonly number[] = [4, 3, 4, 3];
/** Ports of a serial port. */
export const SERIAL_PORT_LENGTH = 8;

/** Index port of the clock's memory; the data port is behind it. */
export const RTC_PORT = 0x70;
/** The clock's alarm and periodic interrupt. */
export const RTC_IRQ = 8;
/** Byte of the clock's memory that holds the century. */
export const RTC_CENTURY = 0x32;

/** Data port of the keyboard controller. */
export const I8042_DATA_PORT = 0x60;
/** Command port of the keyboard controller. */
export const I8042_COMMAND_PORT = 0x64;
/** The command that pulses the CPU's reset line. */
export const I8042_RESET_COMMAND = 0xfe;

/** ACPI's PM1a event block: status and enable, two bytes each. */
export const PM1A_EVENT_PORT = 0x600;
/** Bytes of the PM1a event block. */
export const PM1A_EVENT_LENGTH = 4;
/** ACPI's PM1a control block. */
export const PM1A_CONTROL_PORT = 0x604;
/** Bytes of the PM1a control block. */
export const PM1A_CONTROL_LENGTH = 2;
/** SLP_TYP that turns the machine off: written to PM1a control with SLP_EN. */
export const SLEEP_TYPE_S5 = 5;
/** The port by which a guest's kernel tells of its panic. Source: QEMU's docs/specs/pvpanic. */
export const PVPANIC_PORT = 0x505;
/** ACPI's interrupt, level-triggered. */
export const SCI_IRQ = 9;

/**
 * The chip set's reset register. It is among the ports of the PCI address register, whose writes KVM
 * collects, so a reset may come with a later exit only.
 */
export const RESET_PORT = 0xcf9;

/**
 * ISA interrupts. KVM routes each to the pin of its own number in both the PICs and the I/O APIC
 * (`default_routing` in arch/x86/kvm/irq_comm.c), the timer's IRQ 0 too: unlike on a PC, where it
 * is on pin 2 of the I/O APIC.
 */
export const ISA_IRQS = 16;
/** The interrupt that the second PIC cascades into: no device has it. */
export const ISA_CASCADE_IRQ = 2;

/** The first pin of the I/O APIC that no ISA interrupt is on: it and those behind it are for PCI. */
export const PCI_FIRST_GSI = 16;
/** Pins for PCI devices, which take them by turns. */
export const PCI_GSIS = IO_APIC_PINS - PCI_FIRST_GSI;
/** Slots of PCI bus 0. */
export const PCI_SLOTS = 32;
/** CONFIG_ADDRESS and CONFIG_DATA of PCI, four ports each. PCI 3.0, 3.2.2.3.2. */
export const PCI_CONFIG_PORT = 0xcf8;
/** Ports of the two. */
export const PCI_CONFIG_PORTS = 8;

/**
 * Most vCPUs. APIC ids are 8 bits wide without interrupt remapping, 255 is the broadcast, and one
 * is left over as on real machines for an I/O APIC.
 */
export const MAX_VCPUS = 254;

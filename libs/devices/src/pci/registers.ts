/*
 * Registers of PCI configuration space, under the names of linux/pci_regs.h. PCI Local Bus
 * Specification 3.0, 6.1, 6.2 and 6.8.
 */

/** Bytes of the configuration space of one function. */
export const PCI_CONFIG_SIZE = 256;
/** Slots of a bus. */
export const PCI_SLOTS = 32;

export const PCI_VENDOR_ID = 0x00;
export const PCI_DEVICE_ID = 0x02;
export const PCI_COMMAND = 0x04;
export const PCI_STATUS = 0x06;
export const PCI_REVISION_ID = 0x08;
export const PCI_CLASS_PROG = 0x09;
export const PCI_BASE_ADDRESS_0 = 0x10;
export const PCI_SUBSYSTEM_VENDOR_ID = 0x2c;
export const PCI_SUBSYSTEM_ID = 0x2e;
export const PCI_CAPABILITY_LIST = 0x34;
export const PCI_INTERRUPT_LINE = 0x3c;
export const PCI_INTERRUPT_PIN = 0x3d;
/** The first byte behind the header. */
export const PCI_STD_HEADER_SIZEOF = 0x40;

/** Command: the function answers on its memory BARs. */
export const PCI_COMMAND_MEMORY = 0x2;
/** Command: the function may access memory, and send message-signalled interrupts. */
export const PCI_COMMAND_MASTER = 0x4;
/** Command: the function may not assert its interrupt pin. */
export const PCI_COMMAND_INTX_DISABLE = 0x400;

/** Status: the function has an interrupt for its pin. */
export const PCI_STATUS_INTERRUPT = 0x08;
/** Status: there is a list of capabilities. */
export const PCI_STATUS_CAP_LIST = 0x10;

/** Memory BAR: 64 bits wide. */
export const PCI_BASE_ADDRESS_MEM_TYPE_64 = 0x4;
/** Memory BAR: its low bits, which are not of the address. */
export const PCI_BASE_ADDRESS_MEM_FLAGS = 0xf;

/** Interrupt pin INTA. */
export const PCI_INTERRUPT_INTA = 1;

export const PCI_CAP_ID_VNDR = 0x09;
export const PCI_CAP_ID_MSIX = 0x11;

/** Message control of MSI-X, from the start of the capability. */
export const PCI_MSIX_FLAGS = 2;
/** Message control: MSI-X is used, and the pin is not. */
export const PCI_MSIX_FLAGS_ENABLE = 0x8000;
/** Message control: all vectors are masked. */
export const PCI_MSIX_FLAGS_MASKALL = 0x4000;
/** Most vectors of a function. */
export const PCI_MSIX_MAX_VECTORS = 2048;
/** Bytes of an entry of the MSI-X table. */
export const PCI_MSIX_ENTRY_SIZE = 16;
export const PCI_MSIX_ENTRY_LOWER_ADDR = 0;
export const PCI_MSIX_ENTRY_UPPER_ADDR = 4;
export const PCI_MSIX_ENTRY_DATA = 8;
export const PCI_MSIX_ENTRY_VECTOR_CTRL = 12;
/** Vector control: the vector is masked. The other bits are reserved, and read as zero. */
export const PCI_MSIX_ENTRY_CTRL_MASKBIT = 1;

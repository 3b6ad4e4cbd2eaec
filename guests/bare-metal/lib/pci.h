/* PCI by configuration mechanism #1: bus 0, and the functions on it. */
#ifndef PCI_H
#define PCI_H

#include "types.h"

#define PCI_VENDOR_ID 0x00
#define PCI_DEVICE_ID 0x02
#define PCI_COMMAND 0x04
#define PCI_STATUS 0x06
#define PCI_CLASS_REVISION 0x08
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR(index) (0x10 + 4 * (index))
#define PCI_CAPABILITIES 0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN 0x3d

#define PCI_COMMAND_MEMORY 0x0002
#define PCI_COMMAND_MASTER 0x0004
#define PCI_COMMAND_INTX_DISABLE 0x0400
#define PCI_STATUS_CAPABILITIES 0x0010

#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_MSIX 0x11

#define PCI_BAR_IO 0x1
#define PCI_BAR_64 0x4

#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA 0xcfc

/* A function of bus 0. */
struct pci_function {
	u8 slot;
	u8 function;
	u16 vendor;
	u16 device;
};

u32 pci_read32(const struct pci_function *pci, u32 at);
u16 pci_read16(const struct pci_function *pci, u32 at);
u8 pci_read8(const struct pci_function *pci, u32 at);
void pci_write32(const struct pci_function *pci, u32 at, u32 value);
void pci_write16(const struct pci_function *pci, u32 at, u16 value);
void pci_write8(const struct pci_function *pci, u32 at, u8 value);

#define PCI_MAX_FUNCTIONS 48

/* Looks at every slot; gives the number of functions found, of which `functions` has room for PCI_MAX_FUNCTIONS. */
u32 pci_scan(struct pci_function *functions);

/* The address that a memory BAR has, or 0 for one that is none. */
u64 pci_bar(const struct pci_function *pci, u32 index);

/* Puts a 64-bit memory BAR elsewhere. */
void pci_move_bar(const struct pci_function *pci, u32 index, u64 address);

/* The size of a BAR, asked for as firmware does; the BAR is as before. */
u64 pci_bar_size(const struct pci_function *pci, u32 index);

/* The next capability with that id behind `after` (0: from the beginning); 0 if there is none. */
u8 pci_find_capability(const struct pci_function *pci, u8 id, u8 after);
#endif

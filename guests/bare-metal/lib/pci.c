#include "pci.h"

#include "io.h"

#define ENABLE 0x80000000u
#define SLOTS 32
#define FUNCTIONS 8
#define MULTI_FUNCTION 0x80
#define NOBODY 0xffff

/* Most capabilities in 256 bytes: a list that is longer is a loop. */
#define MAX_CAPABILITIES 48

static u16 select_register(const struct pci_function *pci, u32 at)
{
	outl(PCI_CONFIG_ADDRESS, ENABLE | (u32)pci->slot << 11 | (u32)pci->function << 8 | (at & 0xfc));
	return (u16)(PCI_CONFIG_DATA + (at & 3));
}

u32 pci_read32(const struct pci_function *pci, u32 at)
{
	return inl(select_register(pci, at));
}

u16 pci_read16(const struct pci_function *pci, u32 at)
{
	return inw(select_register(pci, at));
}

u8 pci_read8(const struct pci_function *pci, u32 at)
{
	return inb(select_register(pci, at));
}

void pci_write32(const struct pci_function *pci, u32 at, u32 value)
{
	outl(select_register(pci, at), value);
}

void pci_write16(const struct pci_function *pci, u32 at, u16 value)
{
	outw(select_register(pci, at), value);
}

void pci_write8(const struct pci_function *pci, u32 at, u8 value)
{
	outb(select_register(pci, at), value);
}

u32 pci_scan(struct pci_function *functions)
{
	u32 found = 0;

	for (u32 slot = 0; slot < SLOTS; slot++) {
		u32 count = 1;

		for (u32 function = 0; function < count && found < PCI_MAX_FUNCTIONS; function++) {
			struct pci_function *pci = &functions[found];
			u32 id;

			pci->slot = (u8)slot;
			pci->function = (u8)function;
			id = pci_read32(pci, PCI_VENDOR_ID);
			pci->vendor = (u16)id;
			pci->device = (u16)(id >> 16);
			if (pci->vendor == NOBODY)
				continue;
			if (function == 0 && pci_read8(pci, PCI_HEADER_TYPE) & MULTI_FUNCTION)
				count = FUNCTIONS;
			found++;
		}
	}
	return found;
}

u64 pci_bar(const struct pci_function *pci, u32 index)
{
	u32 low = pci_read32(pci, PCI_BAR(index));
	u64 address = low & ~0xfu;

	if (low & PCI_BAR_IO)
		return 0;
	if (low & PCI_BAR_64)
		address |= (u64)pci_read32(pci, PCI_BAR(index + 1)) << 32;
	return address;
}

void pci_move_bar(const struct pci_function *pci, u32 index, u64 address)
{
	pci_write32(pci, PCI_BAR(index), (u32)address);
	pci_write32(pci, PCI_BAR(index + 1), (u32)(address >> 32));
}

u64 pci_bar_size(const struct pci_function *pci, u32 index)
{
	u16 command = pci_read16(pci, PCI_COMMAND);
	u32 low = pci_read32(pci, PCI_BAR(index));
	bool is_64 = !(low & PCI_BAR_IO) && low & PCI_BAR_64;
	u32 high = is_64 ? pci_read32(pci, PCI_BAR(index + 1)) : 0;
	u64 mask;

	/* While it is all ones it must not answer. */
	pci_write16(pci, PCI_COMMAND, command & ~(PCI_COMMAND_MEMORY | 1));
	pci_write32(pci, PCI_BAR(index), 0xffffffff);
	mask = pci_read32(pci, PCI_BAR(index)) & (low & PCI_BAR_IO ? ~0x3u : ~0xfu);
	if (is_64) {
		pci_write32(pci, PCI_BAR(index + 1), 0xffffffff);
		mask |= (u64)pci_read32(pci, PCI_BAR(index + 1)) << 32;
		pci_write32(pci, PCI_BAR(index + 1), high);
	} else if (mask) {
		mask |= 0xffffffff00000000;
	}
	pci_write32(pci, PCI_BAR(index), low);
	pci_write16(pci, PCI_COMMAND, command);
	return mask ? -mask : 0;
}

u8 pci_find_capability(const struct pci_function *pci, u8 id, u8 after)
{
	u8 at;

	if (!(pci_read16(pci, PCI_STATUS) & PCI_STATUS_CAPABILITIES))
		return 0;
	at = after ? pci_read8(pci, after + 1u) : pci_read8(pci, PCI_CAPABILITIES);
	for (u32 left = MAX_CAPABILITIES; left > 0 && at >= 0x40; left--) {
		if (pci_read8(pci, at) == id)
			return at;
		at = pci_read8(pci, at + 1u);
	}
	return 0;
}

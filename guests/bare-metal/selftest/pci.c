/* PCI bus 0: who is there, and whether their registers are in order. */
#include "selftest.h"

#include "boot-info.h"
#include "console.h"
#include "io.h"
#include "machine.h"
#include "test.h"

#define BARS 6
#define HEADER_TYPE_MASK 0x7f
#define FOUR_GIB 0x100000000
#define HOST_BRIDGE 0x0600

static bool test_ports(void *subject)
{
	const struct pci_function nobody = {31, 7, 0, 0};

	(void)subject;
	outl(PCI_CONFIG_ADDRESS, 0x80000000);
	CHECK(inl(PCI_CONFIG_ADDRESS) == 0x80000000, "the address does not read back");
	CHECK(pci_read32(&nobody, 0) == 0xffffffff, "somebody is at 1f.7");
	outl(PCI_CONFIG_ADDRESS, 0);
	CHECK(inl(PCI_CONFIG_DATA) == 0xffffffff, "it answers while it is switched off");
	return true;
}

static bool test_host_bridge(void *subject)
{
	const struct pci_function *pci = &machine.functions[0];

	(void)subject;
	CHECK(machine.function_count > 0 && pci->slot == 0, "nobody is in slot 0");
	CHECK(pci_read32(pci, PCI_CLASS_REVISION) >> 16 == HOST_BRIDGE, "slot 0 is no host bridge");
	return true;
}

static bool test_widths(void *subject)
{
	const struct pci_function *pci = subject;
	u32 id = pci_read32(pci, 0);

	CHECK(pci_read16(pci, 0) == (u16)id && pci_read16(pci, 2) == id >> 16, "halves differ");
	for (u32 at = 0; at < 4; at++)
		CHECK(pci_read8(pci, at) == (u8)(id >> (8 * at)), "byte %u differs", at);
	pci_write32(pci, 0, ~id);
	CHECK(pci_read32(pci, 0) == id, "its id can be written");
	pci_write8(pci, PCI_INTERRUPT_LINE, 0x5a);
	CHECK(pci_read8(pci, PCI_INTERRUPT_PIN) == 0 || pci_read8(pci, PCI_INTERRUPT_LINE) == 0x5a,
	      "the interrupt line cannot be written");
	return true;
}

static bool test_bars(void *subject)
{
	const struct pci_function *pci = subject;
	u32 count = 0;

	if (pci_read8(pci, PCI_HEADER_TYPE) & HEADER_TYPE_MASK)
		return pass("none");
	for (u32 index = 0; index < BARS; index++) {
		u32 low = pci_read32(pci, PCI_BAR(index));
		u64 size = pci_bar_size(pci, index), at = pci_bar(pci, index);

		if (size && !(low & PCI_BAR_IO)) {
			CHECK((size & (size - 1)) == 0, "BAR %u has 0x%lx bytes", index, size);
			CHECK(at % size == 0 && at >= boot_info.memory_end && at + size <= FOUR_GIB,
			      "BAR %u is at 0x%lx", index, at);
			CHECK(pci_bar(pci, index) == at, "BAR %u moved", index);
			count++;
		}
		index += !(low & PCI_BAR_IO) && low & PCI_BAR_64;
	}
	return pass("%u in memory", count);
}

static const struct test bus_tests[] = {
	{"ports", test_ports},
	{"host-bridge", test_host_bridge},
};

static const struct test function_tests[] = {
	{"widths", test_widths},
	{"bars", test_bars},
};

static void hex_digits(char *at, u32 value, u32 count)
{
	while (count--)
		*at++ = "0123456789abcdef"[value >> (4 * count) & 15];
}

void test_pci(void)
{
	char name[] = "pci/00.0";

	for (u32 index = 0; index < machine.function_count; index++) {
		const struct pci_function *pci = &machine.functions[index];

		print("pci %02x.%x %04x:%04x class %06x\n", pci->slot, pci->function, pci->vendor, pci->device,
		      pci_read32(pci, PCI_CLASS_REVISION) >> 8);
	}
	run_tests("pci", bus_tests, ARRAY_SIZE(bus_tests), NULL);
	for (u32 index = 0; index < machine.function_count; index++) {
		hex_digits(name + 4, machine.functions[index].slot, 2);
		hex_digits(name + 7, machine.functions[index].function, 1);
		run_tests(name, function_tests, ARRAY_SIZE(function_tests), &machine.functions[index]);
	}
}

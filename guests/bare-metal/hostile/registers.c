/* Registers accessed with any width at any place. */
#include "hostile.h"

#include "io.h"

#define CONFIG_BYTES 256
/* Of a BAR; steps that hit every structure and every alignment. */
#define SWEEP_STEP 0xff

static void read_all_widths(u64 at)
{
	read8(at);
	read16(at);
	read32(at);
	read64(at);
}

static bool common_reads(struct virtio *device)
{
	for (u32 offset = 0; offset < COMMON_BYTES + 16; offset++)
		read_all_widths(device->common.at + offset);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

/* What fields say together is what they say alone. */
static bool common_reads_agree(struct virtio *device)
{
	u64 at = device->common.at;
	u32 both;

	write16(at + COMMON_QUEUE_SELECT, 0);
	both = read32(at + COMMON_QUEUE_SELECT);
	CHECK((u16)both == 0, "queue_select reads 0x%x", both);
	CHECK(read8(at + COMMON_QUEUE_SIZE) == (u8)device->queue.size, "the size's low byte is 0x%x",
	      read8(at + COMMON_QUEUE_SIZE));
	return true;
}

static bool common_writes(struct virtio *device)
{
	for (u32 offset = 0; offset < COMMON_BYTES + 16; offset++) {
		write8(device->common.at + offset, 0xff);
		write16(device->common.at + offset, 0x8001);
		write32(device->common.at + offset, 0xffffffff);
		write64(device->common.at + offset, 0x0102030405060708);
	}
	return true;
}

static bool config_accesses(struct virtio *device)
{
	u64 at = device->config.at;

	/* Entropy has none. */
	for (u32 offset = 0; at && offset < CONFIG_BYTES; offset += 3) {
		read_all_widths(at + offset);
		write8(at + offset, 0xff);
		write32(at + offset, 0xffffffff);
		write64(at + offset, -1ull);
	}
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool isr_accesses(struct virtio *device)
{
	for (u32 offset = 0; offset < 8; offset++) {
		read_all_widths(device->isr.at + offset);
		write64(device->isr.at + offset, -1ull);
	}
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool bar_reads(struct virtio *device)
{
	for (u64 offset = 0; offset + 8 < bar_size_of(device); offset += SWEEP_STEP)
		read_all_widths(home_of(device) + offset);
	/* Across its end. */
	read64(home_of(device) + bar_size_of(device) - 4);
	read32(home_of(device) + bar_size_of(device) - 1);
	return true;
}

static bool bar_writes(struct virtio *device)
{
	for (u64 offset = 0; offset + 8 < bar_size_of(device); offset += SWEEP_STEP) {
		write8(home_of(device) + offset, 0xff);
		write16(home_of(device) + offset, 0xffff);
		write32(home_of(device) + offset, 0x80000001);
		write64(home_of(device) + offset, -1ull);
	}
	return true;
}

/* A read and a write through the window in configuration space. Virtio 1.2, 4.1.4.9. */
static void use_window(struct virtio *device, u8 bar, u32 offset, u32 length)
{
	const struct pci_function *pci = device->pci;

	pci_write8(pci, device->window + (u32)VIRTIO_CAP_BAR, bar);
	pci_write32(pci, device->window + (u32)VIRTIO_CAP_OFFSET, offset);
	pci_write32(pci, device->window + (u32)VIRTIO_CAP_LENGTH, length);
	for (u32 at = 0; at < 4; at++)
		pci_read8(pci, device->window + VIRTIO_CAP_EXTRA + at);
	pci_write32(pci, device->window + (u32)VIRTIO_CAP_EXTRA, 0xffffffff);
	pci_write16(pci, device->window + VIRTIO_CAP_EXTRA + 2u, 0xffff);
}

static bool window_misuse(struct virtio *device)
{
	static const u8 bars[] = {5, 0xff};
	static const u32 offsets[] = {0x7ffffffd, 0xfffffffc, 0xffffffff};
	static const u32 lengths[] = {0, 1, 3, 4, 8, 0xffffffff};

	if (!device->window)
		return true;
	for (u32 index = 0; index < ARRAY_SIZE(lengths); index++) {
		for (u32 other = 0; other < ARRAY_SIZE(bars); other++)
			use_window(device, bars[other], 0, lengths[index]);
		for (u32 other = 0; other < ARRAY_SIZE(offsets); other++)
			use_window(device, device->common.bar, offsets[other], lengths[index]);
	}
	use_window(device, device->common.bar, device->common.offset + 1, 4);
	use_window(device, device->common.bar, device->common.offset, 3);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool window_use(struct virtio *device)
{
	const struct pci_function *pci = device->pci;
	u8 status;

	CHECK(device->window, "there is no such window");
	pci_write8(pci, device->window + (u32)VIRTIO_CAP_BAR, device->common.bar);
	pci_write32(pci, device->window + (u32)VIRTIO_CAP_OFFSET, device->common.offset + COMMON_STATUS);
	pci_write32(pci, device->window + (u32)VIRTIO_CAP_LENGTH, 1);
	status = pci_read8(pci, device->window + (u32)VIRTIO_CAP_EXTRA);
	CHECK(status == STATUS_RUNNING, "the status reads 0x%x", status);
	pci_write8(pci, device->window + (u32)VIRTIO_CAP_EXTRA, 0);
	CHECK(virtio_status(device) == 0, "a reset through it leaves status 0x%x", virtio_status(device));
	return true;
}

/* Everything that can be written in the function's configuration space, all ones and all zeroes. */
static bool config_space(struct virtio *device)
{
	const struct pci_function *pci = device->pci;
	u32 saved[CONFIG_BYTES / 4];

	for (u32 at = 0; at < CONFIG_BYTES; at += 4)
		saved[at / 4] = pci_read32(pci, at);
	for (u32 at = 0; at < CONFIG_BYTES; at += 4)
		pci_write32(pci, at, 0xffffffff);
	for (u32 at = 0; at < CONFIG_BYTES; at += 4)
		pci_write32(pci, at, 0);
	for (u32 at = 0; at < CONFIG_BYTES; at++)
		pci_write8(pci, at, 0x5a);
	for (u32 at = CONFIG_BYTES; at > 0; at -= 4)
		pci_write32(pci, at - 4, saved[at / 4 - 1]);
	CHECK(pci_read32(pci, PCI_VENDOR_ID) == saved[0], "its ids can be written");
	return true;
}

/* The ports of configuration mechanism #1. A byte to 0xcf9 would reset the machine. */
static bool config_ports(struct virtio *device)
{
	for (u16 port = PCI_CONFIG_ADDRESS; port < PCI_CONFIG_DATA + 4; port++) {
		inb(port);
		inw(port);
		inl(port);
	}
	outl(PCI_CONFIG_ADDRESS, 0xffffffff);
	for (u16 port = PCI_CONFIG_DATA; port < PCI_CONFIG_DATA + 4; port++) {
		outb(port, 0xff);
		outw(port, 0xffff);
		outl(port, 0xffffffff);
		inl(port);
	}
	/* The last register of the device, across its end. */
	pci_read32(device->pci, 0xfc);
	inl(PCI_CONFIG_DATA + 3);
	outl(PCI_CONFIG_DATA + 2, 0xffffffff);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static const struct attack attacks[] = {
	{"registers/common-reads", common_reads, MUST_REACT},
	{"registers/common-reads-agree", common_reads_agree, MAY_REACT},
	{"registers/common-writes", common_writes, MAY_REACT},
	{"registers/config-accesses", config_accesses, MUST_REACT},
	{"registers/isr-accesses", isr_accesses, MUST_REACT},
	{"registers/bar-reads", bar_reads, MAY_REACT},
	{"registers/bar-writes", bar_writes, MAY_REACT},
	{"registers/window-misuse", window_misuse, MUST_REACT},
	{"registers/window-use", window_use, MAY_REACT},
	{"registers/config-space", config_space, MAY_REACT},
	{"registers/config-ports", config_ports, MUST_REACT},
};

void attack_registers(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

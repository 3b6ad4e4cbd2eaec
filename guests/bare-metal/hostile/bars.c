/* The BAR moved, decoding and bus mastering switched, and MSI-X vectors of garbage, all while requests are on their way. */
#include "hostile.h"

#include "io.h"
#include "machine.h"

/* Nobody is there, and every host bridge forwards it. */
#define ELSEWHERE 0xd8000000
/* Memory, of which we use nothing. */
#define IN_MEMORY 0x8000000

#define FLAPS 20

#define MSIX_CONTROL 2
#define MSIX_TABLE 4
#define MSIX_BAR 7
#define MSIX_ENABLE 0x8000
#define MSIX_MASK_ALL 0x4000
#define MSIX_SIZE_MASK 0x07ff

static void move(struct virtio *device, u64 to)
{
	pci_move_bar(device->pci, device->common.bar, to);
	virtio_locate(device);
	device->queue.notify_at += device->notify.at - (device->queue.notify_at & ~0xfffull);
}

static bool moved_in_flight(struct virtio *device)
{
	put_sound(device, 0);
	launch(device, 0);
	move(device, ELSEWHERE);
	CHECK(virtio_status(device) == STATUS_RUNNING, "status 0x%x at its new place", virtio_status(device));
	CHECK(read8(home_of(device) + device->common.offset + COMMON_STATUS) != STATUS_RUNNING,
	      "it is at its old place, too");
	CHECK(queue_wait(&device->queue, NULL, NULL), "the request is lost");
	CHECK(device_works(device), "does not work at its new place");
	launch(device, 0);
	return true;
}

static bool moved_often(struct virtio *device)
{
	put_sound(device, 0);
	for (u32 left = FLAPS; left > 0; left--) {
		move(device, left & 1 ? home_of(device) : ELSEWHERE);
		queue_kick(&device->queue);
	}
	move(device, home_of(device));
	launch(device, 0);
	return true;
}

/* Places where it cannot, or should not, be; requests go on there meanwhile. */
static bool nowhere(struct virtio *device)
{
	static const u64 places[] = {0,	  IN_MEMORY,	0xfee00000,	    0xfec00000,
				     0xffff0000, 0xffffffff0000, 0x8000000000000000, 0xffffffffffff0000};

	put_sound(device, 0);
	for (u32 index = 0; index < ARRAY_SIZE(places); index++) {
		queue_offer(&device->queue, 0);
		queue_kick(&device->queue);
		pci_move_bar(device->pci, device->common.bar, places[index]);
		read32(home_of(device));
	}
	pci_move_bar(device->pci, device->common.bar, home_of(device));
	queue_kick(&device->queue);
	return true;
}

/* On that of another function. */
static bool on_another(struct virtio *device)
{
	for (u32 index = 0; index < machine.virtio_count; index++) {
		const struct virtio *other = &machine.virtio[index];

		if (other == device)
			continue;
		pci_move_bar(device->pci, device->common.bar, pci_bar(other->pci, other->common.bar));
		put_sound(device, 0);
		launch(device, 0);
		read32(home_of(device));
		virtio_status(other);
	}
	return true;
}

static bool decoding_off_in_flight(struct virtio *device)
{
	put_sound(device, 0);
	launch(device, 0);
	pci_write16(device->pci, PCI_COMMAND, PCI_COMMAND_MASTER);
	CHECK(virtio_status(device) != STATUS_RUNNING, "it answers although it decodes nothing");
	queue_kick(&device->queue);
	pci_write16(device->pci, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	CHECK(virtio_status(device) == STATUS_RUNNING, "status 0x%x afterwards", virtio_status(device));
	return true;
}

static bool mastering_off_in_flight(struct virtio *device)
{
	put_sound(device, 0);
	launch(device, 0);
	pci_write16(device->pci, PCI_COMMAND, PCI_COMMAND_MEMORY);
	queue_kick(&device->queue);
	return true;
}

static bool mastering_off_at_start(struct virtio *device)
{
	CHECK(virtio_negotiate(device), "does not negotiate");
	virtio_prepare_queue(device);
	virtio_enable_queue(device);
	pci_write16(device->pci, PCI_COMMAND, PCI_COMMAND_MEMORY);
	virtio_write_status(device, STATUS_RUNNING);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

/*
 * Vectors that nobody can want, unmasked. No delivery modes but fixed ones: an NMI or INIT that the guest sends
 * itself is its own affair.
 */
static void fill_vectors(struct virtio *device, u8 msix, u32 low, u32 high, u32 data)
{
	u32 where = pci_read32(device->pci, msix + (u32)MSIX_TABLE);
	u64 table = pci_bar(device->pci, where & MSIX_BAR) + (where & ~(u32)MSIX_BAR);
	u32 count = (pci_read16(device->pci, msix + (u32)MSIX_CONTROL) & MSIX_SIZE_MASK) + 1u;

	for (u32 vector = 0; vector < count + 2; vector++) {
		write32(table + 16 * vector, low);
		write32(table + 16 * vector + 4, high);
		write32(table + 16 * vector + 8, data);
		write32(table + 16 * vector + 12, 0xfffffffe);
	}
}

static bool vectors_of_garbage(struct virtio *device)
{
	/* All ask for a fixed interrupt: KVM delivers an SMI, NMI or INIT to us whatever the address, and that is our end. */
	static const u32 garbage[][3] = {{0xfffffffc, 0xffffffff, 0}, {0xd8000000, 0, 0xf034}, {0xfee00000, 0, 0},
					 {0xfeeff00c, 0xffffff00, 0xffff00ff}, {0, 0, 0}};
	u8 msix = pci_find_capability(device->pci, PCI_CAP_MSIX, 0);

	CHECK(msix, "no MSI-X");
	pci_write16(device->pci, msix + (u32)MSIX_CONTROL, MSIX_ENABLE);
	write16(device->common.at + COMMON_CONFIG_VECTOR, 0);
	write16(device->common.at + COMMON_QUEUE_VECTOR, 1);
	device->rings.avail.flags = 0;
	for (u32 index = 0; index < ARRAY_SIZE(garbage); index++) {
		fill_vectors(device, msix, garbage[index][0], garbage[index][1], garbage[index][2]);
		CHECK(device_works(device), "does not work with vectors %u", index);
		fill_vectors(device, msix, garbage[index][0], garbage[index][1], 0);
	}
	launch(device, 0);
	return true;
}

static bool vectors_that_are_not(struct virtio *device)
{
	u64 at = device->common.at;
	u8 msix = pci_find_capability(device->pci, PCI_CAP_MSIX, 0);

	CHECK(msix, "no MSI-X");
	pci_write16(device->pci, msix + (u32)MSIX_CONTROL, MSIX_ENABLE | MSIX_MASK_ALL);
	write16(at + COMMON_QUEUE_SELECT, 0);
	for (u32 vector = 0x7ff; vector < 0x10000; vector = vector * 2 + 1) {
		write16(at + COMMON_QUEUE_VECTOR, (u16)vector);
		write16(at + COMMON_CONFIG_VECTOR, (u16)vector);
		CHECK(read16(at + COMMON_QUEUE_VECTOR) == 0xffff, "the queue takes vector %u", vector);
		CHECK(read16(at + COMMON_CONFIG_VECTOR) == 0xffff, "it takes vector %u", vector);
	}
	device->rings.avail.flags = 0;
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool msix_switched_in_flight(struct virtio *device)
{
	u8 msix = pci_find_capability(device->pci, PCI_CAP_MSIX, 0);

	CHECK(msix, "no MSI-X");
	device->rings.avail.flags = 0;
	put_sound(device, 0);
	for (u16 left = FLAPS; left > 0; left--) {
		queue_kick(&device->queue);
		pci_write16(device->pci, msix + (u32)MSIX_CONTROL,
			    left & 1 ? MSIX_ENABLE : MSIX_ENABLE | MSIX_MASK_ALL);
		pci_write16(device->pci, msix + (u32)MSIX_CONTROL, 0);
	}
	launch(device, 0);
	return true;
}

static const struct attack attacks[] = {
	{"bar/moved-in-flight", moved_in_flight, MUST_REACT},
	{"bar/moved-often", moved_often, MUST_REACT},
	{"bar/nowhere", nowhere, MUST_REACT},
	{"bar/on-another", on_another, MAY_REACT},
	{"bar/decoding-off-in-flight", decoding_off_in_flight, MUST_REACT},
	{"bar/mastering-off-in-flight", mastering_off_in_flight, MAY_REACT},
	{"bar/mastering-off-at-start", mastering_off_at_start, MAY_REACT},
	{"msix/vectors-of-garbage", vectors_of_garbage, MUST_REACT},
	{"msix/vectors-that-are-not", vectors_that_are_not, MUST_REACT},
	{"msix/switched-in-flight", msix_switched_in_flight, MUST_REACT},
};

void attack_bars(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

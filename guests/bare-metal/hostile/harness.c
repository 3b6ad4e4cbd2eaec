#include "hostile.h"

#include "block.h"
#include "io.h"
#include "machine.h"

#define MSIX_CONTROL 2

volatile u8 guard[GUARD_BYTES] ALIGNED(4096);
volatile u8 scratch[SCRATCH_BYTES] ALIGNED(4096);

/* The device that is attacked: where its BAR was, what its command register said. */
static u64 home, bar_size;
static u16 command;

u64 home_of(const struct virtio *device)
{
	(void)device;
	return home;
}

u64 bar_size_of(const struct virtio *device)
{
	(void)device;
	return bar_size;
}

void put(struct virtio *device, u16 index, u64 address, u32 length, u16 flags, u16 next)
{
	device->rings.descriptors[index] = (struct descriptor){address, length, flags, next};
}

void launch(struct virtio *device, u16 head)
{
	queue_offer(&device->queue, head);
	queue_kick(&device->queue);
}

void put_sound(struct virtio *device, u16 first)
{
	static volatile struct block_header header;
	const struct buffer buffers[SOUND_DESCRIPTORS] = {
		{&header, sizeof(header), false},
		{scratch, SECTOR_BYTES, true},
		{scratch + SECTOR_BYTES, 1, true},
	};

	queue_chain(&device->queue, first, buffers, SOUND_DESCRIPTORS);
}

/* Another device that is running; NULL if there is only this one. */
static struct virtio *bystander_of(const struct virtio *device)
{
	for (u32 index = 0; index < machine.virtio_count; index++) {
		struct virtio *other = &machine.virtio[index];

		if (other != device && (other->type == VIRTIO_BLOCK || other->type == VIRTIO_ENTROPY))
			return other;
	}
	return NULL;
}

static void restore_function(struct virtio *device)
{
	u8 msix = pci_find_capability(device->pci, PCI_CAP_MSIX, 0);

	pci_move_bar(device->pci, device->common.bar, home);
	pci_write16(device->pci, PCI_COMMAND, command);
	if (msix)
		pci_write16(device->pci, msix + (u32)MSIX_CONTROL, 0);
	virtio_locate(device);
}

/* What the device does about the attack: NULL if it must do something and does not. */
static const char *reaction_of(struct virtio *device, enum reaction wanted)
{
	u64 limit = wanted == MAY_REACT ? A_MOMENT : PATIENCE;
	bool reacted = WAIT_FOR(queue_has_used(&device->queue) || virtio_needs_reset(device), limit);

	if (!reacted)
		return wanted == MAY_REACT ? "nothing" : NULL;
	if (wanted == EITHER)
		return "completed or needs-reset";
	return virtio_needs_reset(device) ? "needs-reset" : "completed";
}

static bool recover(struct virtio *device)
{
	device->wanted = FEATURE_INDIRECT;
	CHECK(virtio_reset(device), "status 0x%x after a reset", virtio_status(device));
	CHECK(virtio_start(device), "does not start again: status 0x%x", virtio_status(device));
	CHECK(device_works(device), "does not work after a reset");
	return true;
}

struct run {
	struct virtio *device;
	const struct attack *attack;
};

static bool run_attack(void *subject)
{
	const struct run *run = subject;
	struct virtio *device = run->device;
	struct virtio *bystander = bystander_of(device);
	const char *reaction;

	memset((void *)guard, GUARD_VALUE, GUARD_BYTES);
	/* It runs since it recovered: starting it again is what takes most of the time. */
	CHECK(virtio_status(device) == STATUS_RUNNING, "status 0x%x before the attack", virtio_status(device));
	if (!run->attack->run(device)) {
		restore_function(device);
		device->wanted = FEATURE_INDIRECT;
		virtio_start(device);
		return false;
	}
	restore_function(device);
	reaction = reaction_of(device, run->attack->reaction);
	CHECK(!bystander || device_works(bystander), "%s stopped working", bystander->name);
	if (!recover(device)) {
		virtio_start(device);
		return false;
	}
	CHECK(all_bytes((void *)guard, GUARD_VALUE, GUARD_BYTES), "it wrote where it must not");
	CHECK(reaction, "no reaction");
	return pass("%s", reaction);
}

void run_attacks(struct virtio *device, const struct attack *attacks, size_t count)
{
	home = pci_bar(device->pci, device->common.bar);
	bar_size = pci_bar_size(device->pci, device->common.bar);
	command = pci_read16(device->pci, PCI_COMMAND);
	for (size_t index = 0; index < count; index++) {
		struct run run = {device, &attacks[index]};
		const struct test test = {attacks[index].name, run_attack};

		run_tests(device->name, &test, 1, &run);
	}
}

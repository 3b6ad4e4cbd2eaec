/*
 * Keeps every disk and entropy device busy, and resets it now and then, until the machine ends: for tests of its end.
 * Says `busy` once all of them have answered.
 */
#include "block.h"
#include "boot-info.h"
#include "console.h"
#include "machine.h"

#define REQUESTS_PER_RESET 64

static void keep_busy(struct virtio *device)
{
	for (u32 count = 0; count < REQUESTS_PER_RESET; count++)
		if (!device_works(device)) {
			print("%s: no answer\n", device->name);
			break;
		}
	virtio_start(device);
}

void program_main(void)
{
	struct virtio *device = machine.virtio;
	u32 working = 0;

	machine_scan();
	/* The others are left alone. */
	for (u32 index = 0; index < machine.virtio_count; index++)
		if (machine.virtio[index].type == VIRTIO_BLOCK || machine.virtio[index].type == VIRTIO_ENTROPY)
			*device++ = machine.virtio[index];
	machine.virtio_count = (u32)(device - machine.virtio);
	for (u32 index = 0; index < machine.virtio_count; index++)
		working += virtio_start(&machine.virtio[index]) && device_works(&machine.virtio[index]);
	print("busy: %u devices\n", working);
	for (;;)
		for (u32 index = 0; index < machine.virtio_count; index++)
			keep_busy(&machine.virtio[index]);
}

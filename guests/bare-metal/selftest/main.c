/* Tests every device that there is. It writes to all disks that can be written. */
#include "selftest.h"

#include "boot-info.h"
#include "machine.h"

void program_main(void)
{
	test_platform();
	test_serial();
	machine_scan();
	test_pci();
	for (u32 index = 0; index < machine.virtio_count; index++) {
		struct virtio *device = &machine.virtio[index];

		if (device->type == VIRTIO_ENTROPY)
			test_entropy(device);
		else if (device->type == VIRTIO_BLOCK)
			test_block(device);
		else if (device->type == VIRTIO_BALLOON)
			test_balloon(device);
		else
			continue;
		test_transport(device);
	}
}

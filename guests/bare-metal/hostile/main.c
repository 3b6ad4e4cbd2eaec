/* A hostile driver. Whatever it does, the machine goes on, and so does the device after a reset. */
#include "hostile.h"

#include "block.h"
#include "boot-info.h"
#include "machine.h"

void program_main(void)
{
	machine_scan();
	for (u32 index = 0; index < machine.virtio_count; index++) {
		machine.virtio[index].wanted = FEATURE_INDIRECT;
		virtio_start(&machine.virtio[index]);
	}
	for (u32 index = 0; index < machine.virtio_count; index++) {
		struct virtio *device = &machine.virtio[index];

		if (device->type == VIRTIO_BALLOON)
			attack_balloon(device);
		if (device->type != VIRTIO_BLOCK && device->type != VIRTIO_ENTROPY)
			continue;
		attack_chains(device);
		attack_indirect(device);
		attack_rings(device);
		attack_resets(device);
		attack_status(device);
		attack_registers(device);
		attack_bars(device);
		if (device->type == VIRTIO_BLOCK)
			attack_requests(device);
	}
}

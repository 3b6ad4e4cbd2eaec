#include "machine.h"

#include "block.h"

struct machine machine;

static void name_device(struct virtio *device, u32 *entropy, u32 *block, u32 *other)
{
	const char *kind = device->type == VIRTIO_ENTROPY ? "rng" : device->type == VIRTIO_BLOCK ? "blk" : "dev";
	u32 *next = device->type == VIRTIO_ENTROPY ? entropy : device->type == VIRTIO_BLOCK ? block : other;
	u32 number = (*next)++;
	char *at = device->name;

	memcpy(at, kind, 3);
	at += 3;
	if (number >= 10)
		*at++ = (char)('0' + number / 10);
	*at = (char)('0' + number % 10);
}

void machine_scan(void)
{
	u32 entropy = 0, block = 0, other = 0;

	machine.function_count = pci_scan(machine.functions);
	for (u32 index = 0; index < machine.function_count && machine.virtio_count < MAX_VIRTIO; index++) {
		struct virtio *device = &machine.virtio[machine.virtio_count];

		if (virtio_probe(device, &machine.functions[index])) {
			name_device(device, &entropy, &block, &other);
			machine.virtio_count++;
		}
	}
}

static bool gives_random(struct virtio *device)
{
	static volatile u8 bytes[16];
	u32 length;

	return queue_request(&device->queue, &(struct buffer){bytes, sizeof(bytes), true}, 1, &length) && length > 0;
}

static bool reads_sector(struct virtio *device)
{
	static volatile u8 sector[SECTOR_BYTES];

	return block_request(device, BLOCK_READ, 0, (struct buffer){sector, sizeof(sector), true}, NULL) == BLOCK_OK;
}

bool device_works(struct virtio *device)
{
	return device->type == VIRTIO_BLOCK ? reads_sector(device) : gives_random(device);
}

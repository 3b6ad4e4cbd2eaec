#include "machine.h"

#include "balloon.h"
#include "block.h"

struct machine machine;

/* Kinds of devices, and how many of each were named. */
static struct kind {
	u16 type;
	char name[4];
	u32 count;
} kinds[] = {{VIRTIO_ENTROPY, "rng", 0}, {VIRTIO_BLOCK, "blk", 0}, {VIRTIO_BALLOON, "mem", 0}, {0, "dev", 0}};

static void name_device(struct virtio *device)
{
	struct kind *kind = kinds;
	char *at = device->name;
	u32 number;

	while (kind->type && kind->type != device->type)
		kind++;
	number = kind->count++;
	memcpy(at, kind->name, 3);
	at += 3;
	if (number >= 10)
		*at++ = (char)('0' + number / 10);
	*at = (char)('0' + number % 10);
}

void machine_scan(void)
{
	machine.function_count = pci_scan(machine.functions);
	for (u32 index = 0; index < machine.function_count && machine.virtio_count < MAX_VIRTIO; index++) {
		struct virtio *device = &machine.virtio[machine.virtio_count];

		if (virtio_probe(device, &machine.functions[index])) {
			name_device(device);
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

static bool takes_page(struct virtio *device)
{
	static volatile u8 page[BALLOON_PAGE_BYTES] ALIGNED(4096);
	static volatile u32 number;

	number = balloon_page_of(page);
	page[0] = 1;
	return balloon_inflate(device, &number, 1) && page[0] == 0;
}

bool device_works(struct virtio *device)
{
	switch (device->type) {
	case VIRTIO_BLOCK:
		return reads_sector(device);
	case VIRTIO_BALLOON:
		return takes_page(device);
	default:
		return gives_random(device);
	}
}

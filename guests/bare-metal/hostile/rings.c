/* Available and used rings that break the rules. Virtio 1.2, 2.7.6 to 2.7.8. */
#include "hostile.h"

#include "io.h"
#include "machine.h"

#define KICKS 64

static bool head_beyond_table(struct virtio *device)
{
	launch(device, device->queue.size);
	return true;
}

static bool head_is_largest(struct virtio *device)
{
	launch(device, 0xffff);
	return true;
}

static bool jump(struct virtio *device, u16 by)
{
	put_sound(device, 0);
	device->rings.avail.index += by;
	queue_kick(&device->queue);
	return true;
}

static bool index_jumps_by_one_more(struct virtio *device)
{
	return jump(device, device->queue.size + 1);
}

static bool index_jumps_far(struct virtio *device)
{
	return jump(device, 0x8000);
}

static bool index_goes_back(struct virtio *device)
{
	CHECK(device_works(device), "does not work at first");
	return jump(device, 0xffff);
}

static bool index_counts_on(struct virtio *device)
{
	put_sound(device, 0);
	for (u32 left = 200; left > 0; left--) {
		device->rings.avail.index++;
		queue_kick(&device->queue);
	}
	return true;
}

static bool same_head_twice(struct virtio *device)
{
	put_sound(device, 0);
	queue_offer(&device->queue, 0);
	launch(device, 0);
	return true;
}

static bool whole_ring_of_one_head(struct virtio *device)
{
	put_sound(device, 0);
	for (u32 left = device->queue.size; left > 0; left--)
		queue_offer(&device->queue, 0);
	queue_kick(&device->queue);
	return true;
}

static bool flags_are_garbage(struct virtio *device)
{
	device->rings.avail.flags = 0xffff;
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool used_ring_overwritten(struct virtio *device)
{
	memset((void *)&device->rings.used, 0xff, sizeof(device->rings.used));
	device->queue.next_used = 0xffff;
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool events_are_garbage(struct virtio *device)
{
	device->wanted |= FEATURE_EVENT_IDX;
	CHECK(virtio_start(device), "does not start: status 0x%x", virtio_status(device));
	device->rings.avail.used_event = 0x7fff;
	device->rings.used.avail_event = 0xffff;
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool kicks_for_nothing(struct virtio *device)
{
	for (u32 left = KICKS; left > 0; left--)
		queue_kick(&device->queue);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

/* Kicks of queues that there are not, with any width, at any place. */
static bool kicks_of_nobody(struct virtio *device)
{
	u64 at = device->notify.at;

	for (u32 offset = 0; offset < 64; offset++) {
		write8(at + offset, 0xff);
		write16(at + offset, 0xffff);
		write32(at + offset, 0xffffffff);
		write64(at + offset, -1ull);
	}
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool buffers_in_the_rings(struct virtio *device)
{
	/* The chain's buffer is the used ring, the descriptor table and the available ring themselves. */
	put(device, 0, address_of(&device->rings.descriptors[4]), 64, DESC_WRITE | DESC_NEXT, 1);
	put(device, 1, address_of(&device->rings.avail) + 4 + 2 * 8, 8, DESC_WRITE | DESC_NEXT, 2);
	put(device, 2, address_of(&device->rings.used) + 4 + 8 * 8, 8, DESC_WRITE, 0);
	launch(device, 0);
	return true;
}

static const struct attack attacks[] = {
	{"ring/head-beyond-table", head_beyond_table, MUST_REACT},
	{"ring/head-is-largest", head_is_largest, MUST_REACT},
	{"ring/index-jumps-by-one-more", index_jumps_by_one_more, MUST_REACT},
	{"ring/index-jumps-far", index_jumps_far, MUST_REACT},
	{"ring/index-goes-back", index_goes_back, MUST_REACT},
	{"ring/index-counts-on", index_counts_on, EITHER},
	{"ring/same-head-twice", same_head_twice, MUST_REACT},
	{"ring/whole-ring-of-one-head", whole_ring_of_one_head, MUST_REACT},
	{"ring/flags-are-garbage", flags_are_garbage, MUST_REACT},
	{"ring/used-ring-overwritten", used_ring_overwritten, MUST_REACT},
	{"ring/events-are-garbage", events_are_garbage, MUST_REACT},
	{"ring/kicks-for-nothing", kicks_for_nothing, MUST_REACT},
	{"ring/kicks-of-nobody", kicks_of_nobody, MUST_REACT},
	{"ring/buffers-in-the-rings", buffers_in_the_rings, MUST_REACT},
};

void attack_rings(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

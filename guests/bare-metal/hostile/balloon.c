/* Memory given back that is not there, or is in use. Virtio 1.2, 5.5. */
#include "balloon.h"

#include "boot-info.h"
#include "hostile.h"

/* Memory of which we use nothing. */
#define UNUSED 0x8000000
#define UNUSED_BYTES 0x1000000

static volatile u32 numbers[16] ALIGNED(4096);

/* Gives back the pages that are in `numbers`. */
static bool give(struct virtio *device, u32 count)
{
	put(device, 0, address_of(numbers), count * (u32)sizeof(u32), 0, 0);
	launch(device, 0);
	return true;
}

static bool beyond_memory(struct virtio *device)
{
	u32 end = (u32)(boot_info.memory_end / BALLOON_PAGE_BYTES);

	numbers[0] = end;
	numbers[1] = end + 1;
	numbers[2] = 0x000c0000;
	numbers[3] = 0x000fee00;
	numbers[4] = 0x7fffffff;
	numbers[5] = 0x80000000;
	numbers[6] = 0xffffffff;
	return give(device, 7);
}

static bool own_request(struct virtio *device)
{
	numbers[0] = balloon_page_of(numbers);
	return give(device, 1);
}

static bool own_rings(struct virtio *device)
{
	numbers[0] = balloon_page_of(&device->rings.descriptors);
	numbers[1] = balloon_page_of(&device->rings.used);
	return give(device, 2);
}

static bool again_and_again(struct virtio *device)
{
	for (u32 index = 0; index < ARRAY_SIZE(numbers); index++)
		numbers[index] = UNUSED / BALLOON_PAGE_BYTES;
	return give(device, ARRAY_SIZE(numbers));
}

/* Four million pages, in one buffer, and once more in all buffers of a chain. */
static bool very_many(struct virtio *device)
{
	u16 last = (u16)(device->queue.size - 1);

	for (u16 index = 0; index < last; index++)
		put(device, index, UNUSED, UNUSED_BYTES, DESC_NEXT, (u16)(index + 1));
	put(device, last, UNUSED, UNUSED_BYTES, 0, 0);
	*(volatile u32 *)UNUSED = UNUSED / BALLOON_PAGE_BYTES;
	for (u32 index = 1; index < 2 * BALLOON_PAGE_BYTES / sizeof(u32); index++)
		((volatile u32 *)UNUSED)[index] = UNUSED / BALLOON_PAGE_BYTES + index;
	launch(device, 0);
	return true;
}

static bool cut_off(struct virtio *device)
{
	put(device, 0, address_of(numbers), 3, 0, 0);
	launch(device, 0);
	return true;
}

static bool to_be_written(struct virtio *device)
{
	put(device, 0, address_of(scratch), SCRATCH_BYTES, DESC_WRITE, 0);
	launch(device, 0);
	return true;
}

static const struct attack attacks[] = {
	{"pages/beyond-memory", beyond_memory, MUST_REACT},
	{"pages/own-request", own_request, MUST_REACT},
	{"pages/own-rings", own_rings, EITHER},
	{"pages/again-and-again", again_and_again, MUST_REACT},
	{"pages/very-many", very_many, MUST_REACT},
	{"pages/cut-off", cut_off, MUST_REACT},
	{"pages/to-be-written", to_be_written, MUST_REACT},
};

void attack_balloon(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

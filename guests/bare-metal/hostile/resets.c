/* Resets while requests are on their way. Virtio 1.2, 2.4 and 2.6.1. */
#include "hostile.h"

#include "block.h"
#include "io.h"
#include "machine.h"

#define ROUNDS 10
#define PATTERN 0x3c

static void fill_queue(struct virtio *device)
{
	for (u16 first = 0; first + SOUND_DESCRIPTORS <= device->queue.size; first += SOUND_DESCRIPTORS) {
		put_sound(device, first);
		queue_offer(&device->queue, first);
	}
	queue_kick(&device->queue);
}

/* Nothing that the device began may be written once it says that it is reset. */
static bool is_quiet(void)
{
	memset((void *)scratch, PATTERN, SCRATCH_BYTES);
	WAIT_FOR(false, A_MOMENT);
	return all_bytes((void *)scratch, PATTERN, SECTOR_BYTES + 1);
}

static bool reset_in_flight(struct virtio *device)
{
	for (u32 round = 0; round < ROUNDS; round++) {
		fill_queue(device);
		CHECK(virtio_reset(device), "status 0x%x after reset %u", virtio_status(device), round);
		if (round == 0)
			CHECK(is_quiet(), "it writes after its reset");
		CHECK(virtio_start(device), "does not start after reset %u", round);
	}
	fill_queue(device);
	return true;
}

static bool reset_at_every_step(struct virtio *device)
{
	static const u8 steps[] = {STATUS_ACKNOWLEDGE, STATUS_ACKNOWLEDGE | STATUS_DRIVER,
				   STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK, STATUS_RUNNING};

	for (u32 count = 0; count < ARRAY_SIZE(steps); count++) {
		CHECK(virtio_reset(device), "status 0x%x after step %u", virtio_status(device), count);
		for (u32 step = 0; step <= count; step++) {
			if (steps[step] & STATUS_FEATURES_OK)
				virtio_write_features(device, FEATURE_VERSION_1);
			virtio_write_status(device, steps[step]);
		}
	}
	return true;
}

static bool queue_reset_in_flight(struct virtio *device)
{
	u64 at = device->common.at;

	device->wanted |= FEATURE_RING_RESET;
	CHECK(virtio_start(device), "does not start: status 0x%x", virtio_status(device));
	fill_queue(device);
	if (!(device->features & FEATURE_RING_RESET))
		return true;
	write16(at + COMMON_QUEUE_SELECT, 0);
	write16(at + COMMON_QUEUE_RESET, 1);
	CHECK(WAIT_FOR(read16(at + COMMON_QUEUE_RESET) == 0, PATIENCE), "the queue's reset does not end");
	CHECK(read16(at + COMMON_QUEUE_ENABLE) == 0, "the queue is still enabled");
	CHECK(is_quiet(), "it writes after the queue's reset");
	virtio_prepare_queue(device);
	virtio_enable_queue(device);
	CHECK(device_works(device), "does not work after the queue's reset");
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

/* A queue that is reset stays away: its kicks go nowhere. */
static bool queue_reset_and_kick(struct virtio *device)
{
	device->wanted |= FEATURE_RING_RESET;
	CHECK(virtio_start(device), "does not start: status 0x%x", virtio_status(device));
	write16(device->common.at + COMMON_QUEUE_SELECT, 0);
	write16(device->common.at + COMMON_QUEUE_RESET, 1);
	if (!(device->features & FEATURE_RING_RESET))
		return true;
	fill_queue(device);
	WAIT_FOR(queue_has_used(&device->queue), A_MOMENT);
	CHECK(!queue_has_used(&device->queue), "the queue works although it is reset");
	return true;
}

/* Nobody negotiated it. */
static bool queue_reset_unasked(struct virtio *device)
{
	write16(device->common.at + COMMON_QUEUE_SELECT, 0);
	write16(device->common.at + COMMON_QUEUE_RESET, 1);
	write16(device->common.at + COMMON_QUEUE_RESET, 0xffff);
	return true;
}

static const struct attack attacks[] = {
	{"reset/in-flight", reset_in_flight, MUST_REACT},
	{"reset/at-every-step", reset_at_every_step, MAY_REACT},
	{"reset/of-queue-in-flight", queue_reset_in_flight, MUST_REACT},
	{"reset/of-queue-and-kick", queue_reset_and_kick, MAY_REACT},
	{"reset/of-queue-unasked", queue_reset_unasked, MAY_REACT},
};

void attack_resets(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

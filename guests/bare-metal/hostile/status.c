/* The status machine out of order, features too late, queues that cannot be. Virtio 1.2, 2.1, 3.1 and 4.1.4.3. */
#include "hostile.h"

#include "boot-info.h"
#include "io.h"
#include "machine.h"

static bool bits_out_of_order(struct virtio *device)
{
	static const u8 steps[] = {STATUS_DRIVER_OK, STATUS_FEATURES_OK, STATUS_DRIVER, STATUS_NEEDS_RESET, 0xff,
				   STATUS_RUNNING,   STATUS_ACKNOWLEDGE, STATUS_FAILED, STATUS_RUNNING};

	virtio_reset(device);
	for (u32 index = 0; index < sizeof(steps); index++) {
		virtio_write_status(device, steps[index]);
		queue_kick(&device->queue);
	}
	return true;
}

static bool bits_cleared(struct virtio *device)
{
	for (u8 bit = 1; bit < STATUS_NEEDS_RESET; bit = (u8)(bit << 1)) {
		virtio_write_status(device, STATUS_RUNNING & (u8)~bit);
		queue_kick(&device->queue);
	}
	return true;
}

static bool driver_ok_again(struct virtio *device)
{
	for (u32 left = 5; left > 0; left--)
		virtio_write_status(device, STATUS_RUNNING);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool driver_ok_without_queues(struct virtio *device)
{
	CHECK(virtio_negotiate(device), "does not negotiate");
	virtio_write_status(device, STATUS_RUNNING);
	queue_kick(&device->queue);
	return true;
}

static bool kick_before_driver_ok(struct virtio *device)
{
	CHECK(virtio_negotiate(device), "does not negotiate");
	virtio_prepare_queue(device);
	virtio_enable_queue(device);
	put_sound(device, 0);
	launch(device, 0);
	WAIT_FOR(queue_has_used(&device->queue), A_MOMENT);
	CHECK(!queue_has_used(&device->queue), "the queue works before DRIVER_OK");
	return true;
}

static bool features_after_features_ok(struct virtio *device)
{
	virtio_write_features(device, 0);
	virtio_write_features(device, -1ull);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static void negotiate(struct virtio *device, u64 features)
{
	virtio_reset(device);
	virtio_write_status(device, STATUS_ACKNOWLEDGE);
	virtio_write_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	virtio_write_features(device, features);
	virtio_write_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	virtio_prepare_queue(device);
	virtio_enable_queue(device);
	virtio_write_status(device, STATUS_RUNNING);
	put_sound(device, 0);
	launch(device, 0);
}

static bool all_features(struct virtio *device)
{
	negotiate(device, -1ull);
	return true;
}

static bool no_features(struct virtio *device)
{
	negotiate(device, 0);
	return true;
}

static bool features_beyond(struct virtio *device)
{
	for (u32 word = 2; word; word <<= 1) {
		write32(device->common.at + COMMON_DEVICE_FEATURE_SELECT, word);
		CHECK(read32(device->common.at + COMMON_DEVICE_FEATURE) == 0, "it has features in word %u", word);
		write32(device->common.at + COMMON_DRIVER_FEATURE_SELECT, word);
		write32(device->common.at + COMMON_DRIVER_FEATURE, 0xffffffff);
	}
	return true;
}

/* Starts with rings elsewhere, which the device finds out when it begins, or when it is kicked. */
static bool rings_at(struct virtio *device, u64 desc, u64 avail, u64 used)
{
	CHECK(virtio_negotiate(device), "does not negotiate");
	virtio_prepare_queue(device);
	put_sound(device, 0);
	virtio_write_rings(device, desc, avail, used);
	virtio_enable_queue(device);
	virtio_write_status(device, STATUS_RUNNING);
	launch(device, 0);
	return true;
}

/* The right places, each moved. */
static bool rings_moved_by(struct virtio *device, u64 desc, u64 avail, u64 used)
{
	return rings_at(device, address_of(device->rings.descriptors) + desc, address_of(&device->rings.avail) + avail,
			address_of(&device->rings.used) + used);
}

static bool rings_at_zero(struct virtio *device)
{
	return rings_at(device, 0, 0, 0);
}

static bool rings_misaligned(struct virtio *device)
{
	return rings_moved_by(device, 1, 1, 1);
}

static bool used_ring_misaligned(struct virtio *device)
{
	return rings_moved_by(device, 0, 0, 2);
}

static bool rings_beyond_memory(struct virtio *device)
{
	u64 end = boot_info.memory_end;

	return rings_at(device, end, end, end);
}

static bool used_ring_across_end(struct virtio *device)
{
	return rings_at(device, address_of(device->rings.descriptors), address_of(&device->rings.avail),
			boot_info.memory_end - 16);
}

static bool rings_wrap(struct virtio *device)
{
	return rings_at(device, -16ull, -16ull, -16ull);
}

static bool rings_with_high_bits(struct virtio *device)
{
	return rings_moved_by(device, 1ull << 56, 1ull << 56, 1ull << 56);
}

static bool rings_in_own_bar(struct virtio *device)
{
	return rings_at(device, device->common.at, device->common.at, device->common.at);
}

static bool rings_on_each_other(struct virtio *device)
{
	u64 at = address_of(scratch);

	memset((void *)scratch, 0, SCRATCH_BYTES);
	return rings_at(device, at, at, at);
}

static bool moved_while_enabled(struct virtio *device)
{
	u64 at = device->common.at;

	write16(at + COMMON_QUEUE_SELECT, 0);
	virtio_write_rings(device, address_of(guard), address_of(guard), address_of(guard));
	write16(at + COMMON_QUEUE_SIZE, 2);
	write16(at + COMMON_QUEUE_ENABLE, 0);
	write16(at + COMMON_QUEUE_ENABLE, 1);
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool odd_sizes(struct virtio *device)
{
	static const u16 sizes[] = {0, 1, 3, 0x8000, 0xffff};
	u16 most;

	CHECK(virtio_reset(device), "status 0x%x after a reset", virtio_status(device));
	write16(device->common.at + COMMON_QUEUE_SELECT, 0);
	most = read16(device->common.at + COMMON_QUEUE_SIZE);
	for (u32 index = 0; index < ARRAY_SIZE(sizes); index++) {
		CHECK(virtio_negotiate(device), "does not negotiate");
		virtio_prepare_queue(device);
		write16(device->common.at + COMMON_QUEUE_SIZE, sizes[index]);
		virtio_enable_queue(device);
		virtio_write_status(device, STATUS_RUNNING);
		put_sound(device, 0);
		launch(device, 0);
		CHECK(virtio_reset(device), "status 0x%x after size %u", virtio_status(device), sizes[index]);
		CHECK(read16(device->common.at + COMMON_QUEUE_SIZE) == most, "size %u stays", sizes[index]);
	}
	CHECK(virtio_start(device), "does not start: status 0x%x", virtio_status(device));
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static bool queues_that_are_not(struct virtio *device)
{
	u16 count = read16(device->common.at + COMMON_QUEUES);

	for (u32 queue = count; queue < 0x10000; queue = queue * 2 + 1) {
		write16(device->common.at + COMMON_QUEUE_SELECT, (u16)queue);
		CHECK(read16(device->common.at + COMMON_QUEUE_SIZE) == 0, "queue %u has a size", queue);
		write16(device->common.at + COMMON_QUEUE_SIZE, 16);
		virtio_write_rings(device, address_of(guard), address_of(guard), address_of(guard));
		write16(device->common.at + COMMON_QUEUE_ENABLE, 1);
		CHECK(read16(device->common.at + COMMON_QUEUE_ENABLE) == 0, "queue %u is enabled", queue);
	}
	put_sound(device, 0);
	launch(device, 0);
	return true;
}

static const struct attack attacks[] = {
	{"status/bits-out-of-order", bits_out_of_order, MAY_REACT},
	{"status/bits-cleared", bits_cleared, MAY_REACT},
	{"status/driver-ok-again", driver_ok_again, MUST_REACT},
	{"status/driver-ok-without-queues", driver_ok_without_queues, MAY_REACT},
	{"status/kick-before-driver-ok", kick_before_driver_ok, MAY_REACT},
	{"features/after-features-ok", features_after_features_ok, MUST_REACT},
	{"features/all", all_features, MAY_REACT},
	{"features/none", no_features, MAY_REACT},
	{"features/beyond", features_beyond, MAY_REACT},
	{"queue/rings-at-zero", rings_at_zero, MAY_REACT},
	{"queue/rings-misaligned", rings_misaligned, MAY_REACT},
	{"queue/used-ring-misaligned", used_ring_misaligned, MAY_REACT},
	{"queue/rings-beyond-memory", rings_beyond_memory, MAY_REACT},
	{"queue/used-ring-across-end-of-memory", used_ring_across_end, MAY_REACT},
	{"queue/rings-wrap", rings_wrap, MAY_REACT},
	{"queue/rings-with-high-bits", rings_with_high_bits, MAY_REACT},
	{"queue/rings-in-own-bar", rings_in_own_bar, MAY_REACT},
	{"queue/rings-on-each-other", rings_on_each_other, MAY_REACT},
	{"queue/moved-while-enabled", moved_while_enabled, MUST_REACT},
	{"queue/odd-sizes", odd_sizes, MUST_REACT},
	{"queue/that-there-is-not", queues_that_are_not, MUST_REACT},
};

void attack_status(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

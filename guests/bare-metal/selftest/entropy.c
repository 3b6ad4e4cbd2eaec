/* Entropy. Virtio 1.2, 5.4. */
#include "selftest.h"

#include "test.h"

#define BYTES 64

static volatile u8 first[BYTES], second[BYTES];

static bool fill(struct virtio *device, volatile u8 *bytes, u32 count)
{
	u32 length;

	/* A device may give less than was asked for, but something. */
	return queue_request(&device->queue, &(struct buffer){bytes, count, true}, 1, &length) && length > 0 &&
	       length <= count;
}

static bool test_start(void *subject)
{
	struct virtio *device = subject;

	CHECK(virtio_start(device), "status 0x%x", virtio_status(device));
	return pass("queue of %u", device->queue.size);
}

static bool test_differ(void *subject)
{
	CHECK(fill(subject, first, BYTES) && fill(subject, second, BYTES), "no bytes");
	CHECK(!all_bytes((void *)first, 0, BYTES), "they are all zero");
	CHECK(memcmp((void *)first, (void *)second, BYTES) != 0, "two reads are the same");
	return true;
}

static bool test_bounds(void *subject)
{
	memset((void *)first, 0, BYTES);
	CHECK(fill(subject, first + 1, 3), "no bytes");
	CHECK(first[0] == 0 && all_bytes((void *)(first + 4), 0, BYTES - 4), "it writes beyond the buffer");
	return true;
}

static const struct test tests[] = {
	{"start", test_start},
	{"two-reads-differ", test_differ},
	{"bounds", test_bounds},
};

void test_entropy(struct virtio *device)
{
	run_tests(device->name, tests, ARRAY_SIZE(tests), device);
}

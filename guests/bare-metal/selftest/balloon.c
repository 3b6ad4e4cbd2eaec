/* Memory that is given back. Virtio 1.2, 5.5. */
#include "balloon.h"

#include "io.h"
#include "selftest.h"
#include "test.h"

#define PAGES 4
#define FILLED 0xa5

static volatile u8 pages[PAGES][BALLOON_PAGE_BYTES] ALIGNED(4096);

static void fill_pages(void)
{
	memset((void *)pages, FILLED, sizeof(pages));
}

/* Whether a page has nothing but that in it. */
static bool page_is(u32 index, u8 value)
{
	return pages[index][0] == value && pages[index][BALLOON_PAGE_BYTES / 2] == value &&
	       pages[index][BALLOON_PAGE_BYTES - 1] == value;
}

static bool test_start(void *subject)
{
	struct virtio *device = subject;

	CHECK(virtio_start(device), "status 0x%x", virtio_status(device));
	CHECK(virtio_offered(device) & BALLOON_FEATURE_STATISTICS, "no statistics");
	CHECK(virtio_offered(device) & BALLOON_FEATURE_DEFLATE_ON_OOM, "it keeps what we are in need of");
	return pass("queue of %u", device->queue.size);
}

static bool test_config(void *subject)
{
	u64 config = ((struct virtio *)subject)->config.at;

	CHECK(read32(config + BALLOON_CONFIG_PAGES) == 0, "it wants pages");
	write32(config + BALLOON_CONFIG_PAGES, 1);
	CHECK(read32(config + BALLOON_CONFIG_PAGES) == 0, "it lets us write what it wants");
	write32(config + BALLOON_CONFIG_ACTUAL, 0x12345);
	CHECK(read32(config + BALLOON_CONFIG_ACTUAL) == 0x12345, "it forgets what we gave");
	write32(config + BALLOON_CONFIG_ACTUAL, 0);
	return true;
}

static bool test_inflate(void *subject)
{
	static volatile u32 numbers[2];

	numbers[0] = balloon_page_of(pages[2]);
	numbers[1] = balloon_page_of(pages[1]);
	fill_pages();
	CHECK(balloon_inflate(subject, numbers, 2), "no answer");
	CHECK(page_is(1, 0) && page_is(2, 0), "they are not given back");
	CHECK(page_is(0, FILLED) && page_is(3, FILLED), "others are given back, too");
	pages[1][0] = 1;
	CHECK(pages[1][0] == 1 && pages[1][1] == 0, "they cannot be used again");
	return true;
}

static bool test_empty(void *subject)
{
	static volatile u32 number;

	CHECK(balloon_inflate(subject, &number, 0), "no answer");
	return true;
}

static const struct test tests[] = {
	{"start", test_start},
	{"config", test_config},
	{"inflate", test_inflate},
	{"empty-request", test_empty},
};

void test_balloon(struct virtio *device)
{
	run_tests(device->name, tests, ARRAY_SIZE(tests), device);
}

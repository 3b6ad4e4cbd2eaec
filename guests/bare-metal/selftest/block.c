/* Disks. Virtio 1.2, 5.2. The first sectors of those that can be written are overwritten. */
#include "block.h"

#include "selftest.h"
#include "test.h"

#define SECTORS 4
#define BYTES (SECTORS * SECTOR_BYTES)
#define AT 1

static volatile u8 data[BYTES], expected[BYTES];

static const struct buffer nothing = {NULL, 0, false};

static u32 transfer(struct virtio *device, u32 type, u64 sector, u32 bytes)
{
	return block_request(device, type, sector, (struct buffer){data, bytes, type != BLOCK_WRITE}, NULL);
}

static bool is_read_only(const struct virtio *device)
{
	return (device->features & BLOCK_FEATURE_READ_ONLY) != 0;
}

/* Different in every sector and for every disk. */
static void make_pattern(const struct virtio *device)
{
	u32 seed = device->pci->slot;

	for (u32 at = 0; at < BYTES; at += 4) {
		seed = seed * 1664525 + 1013904223;
		memcpy((void *)(expected + at), &seed, 4);
	}
}

static bool test_start(void *subject)
{
	struct virtio *device = subject;

	device->wanted = BLOCK_FEATURE_READ_ONLY | BLOCK_FEATURE_FLUSH | BLOCK_FEATURE_DISCARD |
			 BLOCK_FEATURE_WRITE_ZEROES;
	CHECK(virtio_start(device), "status 0x%x", virtio_status(device));
	return pass("%s", is_read_only(device) ? "read-only" : "read-write");
}

static bool test_capacity(void *subject)
{
	u64 sectors = block_capacity(subject);

	CHECK(sectors >= AT + SECTORS, "only %lu sectors", sectors);
	return pass("%lu sectors", sectors);
}

static bool test_id(void *subject)
{
	char id[BLOCK_ID_BYTES + 1] = {0};
	u32 status = block_request(subject, BLOCK_GET_ID, 0, (struct buffer){id, BLOCK_ID_BYTES, true}, NULL);

	CHECK(status == BLOCK_OK, "status 0x%x", status);
	for (u32 at = 0; id[at]; at++)
		CHECK(id[at] >= ' ' && id[at] <= '~', "byte %u of it is 0x%x", at, (u8)id[at]);
	return pass("'%s'", id);
}

static bool test_write(void *subject)
{
	struct virtio *device = subject;
	u32 status;

	make_pattern(device);
	memcpy((void *)data, (void *)expected, BYTES);
	status = transfer(device, BLOCK_WRITE, AT, BYTES);
	if (is_read_only(device)) {
		CHECK(status == BLOCK_IO_ERROR, "it takes a write: status 0x%x", status);
		return pass("refused");
	}
	CHECK(status == BLOCK_OK, "status 0x%x", status);
	return true;
}

static bool test_flush(void *subject)
{
	struct virtio *device = subject;
	u32 status;

	if (!(device->features & BLOCK_FEATURE_FLUSH))
		return pass("not offered");
	status = block_request(device, BLOCK_FLUSH, 0, nothing, NULL);
	CHECK(status == BLOCK_OK, "status 0x%x", status);
	return true;
}

static bool test_read_back(void *subject)
{
	struct virtio *device = subject;
	u32 written, status;

	memset((void *)data, 0xee, BYTES);
	status = block_request(device, BLOCK_READ, AT, (struct buffer){data, BYTES, true}, &written);
	CHECK(status == BLOCK_OK, "status 0x%x", status);
	CHECK(written == BYTES + 1, "it says that it wrote %u bytes", written);
	if (is_read_only(device))
		return true;
	CHECK(memcmp((void *)data, (void *)expected, BYTES) == 0, "other bytes come back");
	/* One sector alone, from the middle. */
	status = transfer(device, BLOCK_READ, AT + 2, SECTOR_BYTES);
	CHECK(status == BLOCK_OK, "status 0x%x", status);
	CHECK(memcmp((void *)data, (void *)(expected + 2 * SECTOR_BYTES), SECTOR_BYTES) == 0, "one sector differs");
	return true;
}

static bool test_last_sector(void *subject)
{
	u64 sectors = block_capacity(subject);
	u32 status = transfer(subject, BLOCK_READ, sectors - 1, SECTOR_BYTES);

	CHECK(status == BLOCK_OK, "status 0x%x", status);
	status = transfer(subject, BLOCK_READ, sectors - 1, 2 * SECTOR_BYTES);
	CHECK(status == BLOCK_IO_ERROR, "status 0x%x for one sector more", status);
	status = transfer(subject, BLOCK_READ, sectors, SECTOR_BYTES);
	CHECK(status == BLOCK_IO_ERROR, "status 0x%x behind it", status);
	return true;
}

/* Discard and write zeroes, of which only the latter promises what is read afterwards. */
static bool clear_sectors(struct virtio *device, u32 type, u64 feature)
{
	struct block_range range = {AT, SECTORS, 0};
	u32 status;

	if (!(device->features & feature))
		return pass("not offered");
	status = block_request(device, type, 0, (struct buffer){&range, sizeof(range), false}, NULL);
	if (is_read_only(device)) {
		CHECK(status == BLOCK_IO_ERROR, "it takes it: status 0x%x", status);
		return pass("refused");
	}
	CHECK(status == BLOCK_OK, "status 0x%x", status);
	status = transfer(device, BLOCK_READ, AT, BYTES);
	CHECK(status == BLOCK_OK, "status 0x%x of a read", status);
	CHECK(type == BLOCK_DISCARD || all_bytes((void *)data, 0, BYTES), "they are not zero");
	return true;
}

static bool test_discard(void *subject)
{
	return clear_sectors(subject, BLOCK_DISCARD, BLOCK_FEATURE_DISCARD);
}

static bool test_write_zeroes(void *subject)
{
	struct virtio *device = subject;

	if (!is_read_only(device)) {
		u32 status = transfer(device, BLOCK_WRITE, AT, BYTES);

		CHECK(status == BLOCK_OK, "status 0x%x of a write", status);
	}
	return clear_sectors(device, BLOCK_WRITE_ZEROES, BLOCK_FEATURE_WRITE_ZEROES);
}

static bool test_unknown(void *subject)
{
	u32 status = transfer(subject, 0x77, 0, SECTOR_BYTES);

	CHECK(status == BLOCK_UNSUPPORTED, "status 0x%x", status);
	return true;
}

static const struct test tests[] = {
	{"start", test_start},
	{"capacity", test_capacity},
	{"id", test_id},
	{"write", test_write},
	{"flush", test_flush},
	{"read-back", test_read_back},
	{"last-sector", test_last_sector},
	{"discard", test_discard},
	{"write-zeroes", test_write_zeroes},
	{"unknown-request", test_unknown},
};

void test_block(struct virtio *device)
{
	run_tests(device->name, tests, ARRAY_SIZE(tests), device);
}

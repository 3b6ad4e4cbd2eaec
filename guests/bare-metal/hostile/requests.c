/* Requests to disks that break the rules. Virtio 1.2, 5.2.6. */
#include "block.h"

#include "hostile.h"

static volatile struct block_header header;
static volatile u8 status;

/* A request with what we like between header and status: the device must answer anything but OK. */
static bool refused(struct virtio *device, u32 type, u64 sector, struct buffer data)
{
	u32 answer = block_request(device, type, sector, data, NULL);

	CHECK(answer != BLOCK_OK, "it is done");
	CHECK(answer == BLOCK_IO_ERROR || answer == BLOCK_UNSUPPORTED || virtio_needs_reset(device), "status 0x%x",
	      answer);
	return true;
}

static struct buffer writable(volatile void *at, u32 length)
{
	return (struct buffer){at, length, true};
}

static struct buffer readable(const volatile void *at, u32 length)
{
	return (struct buffer){at, length, false};
}

static bool beyond_disk(struct virtio *device)
{
	u64 end = block_capacity(device);

	return refused(device, BLOCK_READ, end, writable(guard, GUARD_BYTES)) &&
	       refused(device, BLOCK_READ, end, writable(scratch, SECTOR_BYTES)) &&
	       refused(device, BLOCK_READ, end - 1, writable(scratch, 2 * SECTOR_BYTES)) &&
	       refused(device, BLOCK_WRITE, end, readable(scratch, SECTOR_BYTES)) &&
	       refused(device, BLOCK_WRITE, end - 1, readable(scratch, 2 * SECTOR_BYTES));
}

static bool sector_wraps(struct virtio *device)
{
	static const u64 sectors[] = {-1ull, -2ull, 1ull << 63, 1ull << 55, (1ull << 55) - 1, 1ull << 53};

	for (u32 index = 0; index < ARRAY_SIZE(sectors); index++)
		if (!refused(device, BLOCK_READ, sectors[index], writable(scratch, 2 * SECTOR_BYTES)) ||
		    !refused(device, BLOCK_WRITE, sectors[index], readable(scratch, 2 * SECTOR_BYTES)))
			return false;
	return true;
}

static bool odd_length(struct virtio *device)
{
	return refused(device, BLOCK_READ, 0, writable(guard, 100)) &&
	       refused(device, BLOCK_WRITE, 0, readable(scratch, SECTOR_BYTES + 1));
}

static bool unknown_type(struct virtio *device)
{
	static const u32 types[] = {2, 3, 0x7fffffff, 0x80000000, 0xffffffff};

	for (u32 index = 0; index < ARRAY_SIZE(types); index++)
		if (!refused(device, types[index], 0, writable(guard, GUARD_BYTES)))
			return false;
	return true;
}

static bool launch_buffers(struct virtio *device, const struct buffer *buffers, u32 count)
{
	status = BLOCK_UNTOUCHED;
	queue_chain(&device->queue, 0, buffers, count);
	launch(device, 0);
	return true;
}

static bool short_header(struct virtio *device)
{
	const struct buffer buffers[] = {readable(&header, 8), writable(guard, 0), writable(&status, 1)};

	return launch_buffers(device, buffers, 3);
}

static bool header_alone(struct virtio *device)
{
	const struct buffer buffers[] = {readable(&header, sizeof(header))};

	return launch_buffers(device, buffers, 1);
}

static bool status_alone(struct virtio *device)
{
	const struct buffer buffers[] = {writable(&status, 1)};

	return launch_buffers(device, buffers, 1);
}

/* Sound, but in pieces that no driver makes: the device may not care how a chain is cut. 2.7.4. */
static bool in_pieces(struct virtio *device)
{
	const volatile u8 *at = (const volatile u8 *)&header;
	const struct buffer buffers[] = {
		readable(at, 1),      readable(at + 1, 3),	 readable(at + 4, 12),
		writable(scratch, 1), writable(scratch + 1, 511), writable(&status, 1),
	};

	header = (struct block_header){BLOCK_READ, 0, 0};
	launch_buffers(device, buffers, ARRAY_SIZE(buffers));
	CHECK(queue_wait(&device->queue, NULL, NULL), "no answer");
	CHECK(status == BLOCK_OK, "status 0x%x", status);
	launch(device, 0);
	return true;
}

static bool data_with_status(struct virtio *device)
{
	const struct buffer buffers[] = {readable(&header, sizeof(header)), writable(scratch, SECTOR_BYTES + 1)};

	header = (struct block_header){BLOCK_READ, 0, 0};
	scratch[SECTOR_BYTES] = BLOCK_UNTOUCHED;
	launch_buffers(device, buffers, 2);
	CHECK(queue_wait(&device->queue, NULL, NULL), "no answer");
	CHECK(scratch[SECTOR_BYTES] == BLOCK_OK, "status 0x%x", scratch[SECTOR_BYTES]);
	launch(device, 0);
	return true;
}

static bool short_id(struct virtio *device)
{
	scratch[3] = 0x77;
	block_request(device, BLOCK_GET_ID, 0, writable(scratch, 3), NULL);
	CHECK(scratch[3] == 0x77, "it writes beyond the buffer");
	launch(device, 0);
	return true;
}

static bool bad_ranges(struct virtio *device)
{
	u64 end = block_capacity(device);
	struct block_range ranges[] = {
		{end, 1, 0},	 {end - 1, 2, 0},      {-1ull, 2, 0},	     {1ull << 55, 1, 0},
		{0, 0xffffffff, 0}, {0, 1, 0xfffffffe}, {end - 1, 0xffffffff, 0},
	};

	device->wanted |= BLOCK_FEATURE_DISCARD | BLOCK_FEATURE_WRITE_ZEROES;
	CHECK(virtio_start(device), "does not start: status 0x%x", virtio_status(device));
	for (u32 index = 0; index < ARRAY_SIZE(ranges); index++) {
		const struct buffer range = readable(&ranges[index], sizeof(ranges[index]));

		if (!refused(device, BLOCK_DISCARD, 0, range) || !refused(device, BLOCK_WRITE_ZEROES, 0, range))
			return false;
	}
	return refused(device, BLOCK_DISCARD, 0, readable(ranges, 8)) &&
	       refused(device, BLOCK_WRITE_ZEROES, 0, readable(ranges, sizeof(ranges) - 1)) &&
	       refused(device, BLOCK_DISCARD, 0, readable(scratch, SCRATCH_BYTES));
}

/* A device that has not offered them, or a driver that has not asked: still no way to change a disk. */
static bool ranges_unasked(struct virtio *device)
{
	struct block_range range = {0, 1, 0};

	return refused(device, BLOCK_DISCARD, 0, readable(&range, sizeof(range))) &&
	       refused(device, BLOCK_WRITE_ZEROES, 0, readable(&range, sizeof(range)));
}

/* Whatever was negotiated: here not even that the disk is read-only. */
static bool write_to_read_only(struct virtio *device)
{
	if (!(virtio_offered(device) & BLOCK_FEATURE_READ_ONLY))
		return true;
	return refused(device, BLOCK_WRITE, 0, readable(scratch, SECTOR_BYTES));
}

static const struct attack attacks[] = {
	{"request/beyond-disk", beyond_disk, MAY_REACT},
	{"request/sector-wraps", sector_wraps, MAY_REACT},
	{"request/odd-length", odd_length, MAY_REACT},
	{"request/unknown-type", unknown_type, MAY_REACT},
	{"request/short-header", short_header, MUST_REACT},
	{"request/header-alone", header_alone, MUST_REACT},
	{"request/status-alone", status_alone, MUST_REACT},
	{"request/in-pieces", in_pieces, MUST_REACT},
	{"request/data-with-status", data_with_status, MUST_REACT},
	{"request/short-id", short_id, MUST_REACT},
	{"request/bad-ranges", bad_ranges, MAY_REACT},
	{"request/ranges-unasked", ranges_unasked, MAY_REACT},
	{"request/write-to-read-only", write_to_read_only, MAY_REACT},
};

void attack_requests(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

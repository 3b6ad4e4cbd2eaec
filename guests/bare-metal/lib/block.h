/* Requests to virtio disks. Virtio 1.2, 5.2. */
#ifndef BLOCK_H
#define BLOCK_H

#include "virtio.h"

#define BLOCK_READ 0
#define BLOCK_WRITE 1
#define BLOCK_FLUSH 4
#define BLOCK_GET_ID 8
#define BLOCK_DISCARD 11
#define BLOCK_WRITE_ZEROES 13

#define BLOCK_OK 0
#define BLOCK_IO_ERROR 1
#define BLOCK_UNSUPPORTED 2
/* Nothing came back in time, or not what was asked. */
#define BLOCK_NO_ANSWER 0x100
/* The status before the device writes it. */
#define BLOCK_UNTOUCHED 0xee

#define BLOCK_FEATURE_READ_ONLY (1ull << 5)
#define BLOCK_FEATURE_SIZE (1ull << 6)
#define BLOCK_FEATURE_FLUSH (1ull << 9)
#define BLOCK_FEATURE_DISCARD (1ull << 13)
#define BLOCK_FEATURE_WRITE_ZEROES (1ull << 14)

#define BLOCK_ID_BYTES 20
#define SECTOR_BYTES 512

/* Registers of its configuration. */
#define BLOCK_CONFIG_CAPACITY 0

struct block_header {
	u32 type;
	u32 reserved;
	u64 sector;
};

struct block_range {
	u64 sector;
	u32 sectors;
	u32 flags;
};

/* Sectors. */
u64 block_capacity(const struct virtio *device);

/*
 * One request with one buffer of data, which is NULL for none: its status, or BLOCK_NO_ANSWER. `written` is
 * what the device says it wrote, and may be NULL.
 */
u32 block_request(struct virtio *device, u32 type, u64 sector, struct buffer data, u32 *written);
#endif

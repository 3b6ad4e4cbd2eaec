#include "block.h"

#include "io.h"

u64 block_capacity(const struct virtio *device)
{
	return read32(device->config.at + BLOCK_CONFIG_CAPACITY) |
	       (u64)read32(device->config.at + BLOCK_CONFIG_CAPACITY + 4) << 32;
}

u32 block_request(struct virtio *device, u32 type, u64 sector, struct buffer data, u32 *written)
{
	static volatile struct block_header header;
	static volatile u8 status;
	struct buffer buffers[3];
	u32 count = 0;

	header.type = type;
	header.reserved = 0;
	header.sector = sector;
	status = BLOCK_UNTOUCHED;
	buffers[count++] = (struct buffer){&header, sizeof(header), false};
	if (data.at)
		buffers[count++] = data;
	buffers[count++] = (struct buffer){&status, sizeof(status), true};
	if (!queue_request(&device->queue, buffers, count, written))
		return BLOCK_NO_ANSWER;
	return status;
}

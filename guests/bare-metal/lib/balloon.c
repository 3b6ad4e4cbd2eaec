#include "balloon.h"

u32 balloon_page_of(const volatile void *at)
{
	return (u32)(address_of(at) / BALLOON_PAGE_BYTES);
}

bool balloon_inflate(struct virtio *device, const volatile u32 *numbers, u32 count)
{
	u32 length;

	/* The device has nothing to write. */
	return queue_request(&device->queue, &(struct buffer){numbers, count * (u32)sizeof(u32), false}, 1, &length) &&
	       length == 0;
}

/* Memory that the machine gives back. Virtio 1.2, 5.5. */
#ifndef BALLOON_H
#define BALLOON_H

#include "virtio.h"

#define BALLOON_PAGE_BYTES 4096

/* Registers of its configuration. */
#define BALLOON_CONFIG_PAGES 0
#define BALLOON_CONFIG_ACTUAL 4

#define BALLOON_FEATURE_STATISTICS (1ull << 1)
#define BALLOON_FEATURE_DEFLATE_ON_OOM (1ull << 2)

/* The number of the page of an address. */
u32 balloon_page_of(const volatile void *at);

/* Gives pages back, by their numbers, and waits until the device has taken them. */
bool balloon_inflate(struct virtio *device, const volatile u32 *numbers, u32 count);
#endif

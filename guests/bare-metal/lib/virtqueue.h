/*
 * Split virtqueues, from the driver's side. Virtio 1.2, 2.7.
 *
 * Who puts a chain in says which descriptors it takes, so that every layout can be made, sound or not.
 */
#ifndef VIRTQUEUE_H
#define VIRTQUEUE_H

#include "types.h"

#define QUEUE_SIZE 16

#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4

struct descriptor {
	u64 address;
	u32 length;
	u16 flags;
	u16 next;
};

#define AVAIL_NO_INTERRUPT 1

struct avail_ring {
	u16 flags;
	u16 index;
	u16 heads[QUEUE_SIZE];
	u16 used_event;
};

struct used_ring {
	u16 flags;
	u16 index;
	struct {
		u32 id;
		u32 length;
	} entries[QUEUE_SIZE];
	u16 avail_event;
};

/* The rings; nothing else is in their pages. */
struct queue_memory {
	volatile struct descriptor descriptors[QUEUE_SIZE] ALIGNED(4096);
	volatile struct avail_ring avail ALIGNED(1024);
	volatile struct used_ring used ALIGNED(1024);
} ALIGNED(4096);

struct queue {
	struct queue_memory *memory;
	/* At most QUEUE_SIZE: a device may have less. */
	u16 size;
	/* Where to write for a kick. */
	u64 notify_at;
	/* The next entry of the used ring to look at. */
	u16 next_used;
	u16 index;
};

/* A piece of memory that the device reads, or writes. */
struct buffer {
	const volatile void *at;
	u32 length;
	bool writable;
};

/* Empties the rings. */
void queue_clear(struct queue *queue);

/* Fills descriptors from `first` on with a chain, without making it available. */
void queue_chain(struct queue *queue, u16 first, const struct buffer *buffers, u32 count);

/* Makes the chain that begins at descriptor `head` available. */
void queue_offer(struct queue *queue, u16 head);

void queue_kick(const struct queue *queue);

/* Whether something was given back that was not looked at yet. */
bool queue_has_used(const struct queue *queue);

/* Waits for the next chain that is given back: false if it does not come in time. */
bool queue_wait(struct queue *queue, u32 *id, u32 *length);

/* Offers a chain from descriptor 0 on, kicks and waits. */
bool queue_request(struct queue *queue, const struct buffer *buffers, u32 count, u32 *length);
#endif

#include "virtqueue.h"

#include "io.h"

void queue_clear(struct queue *queue)
{
	struct queue_memory *memory = queue->memory;

	memset((void *)memory->descriptors, 0, sizeof(memory->descriptors));
	memset((void *)&memory->avail, 0, sizeof(memory->avail));
	memset((void *)&memory->used, 0, sizeof(memory->used));
	queue->memory->avail.flags = AVAIL_NO_INTERRUPT;
	queue->next_used = 0;
}

void queue_chain(struct queue *queue, u16 first, const struct buffer *buffers, u32 count)
{
	for (u32 index = 0; index < count; index++) {
		volatile struct descriptor *descriptor = &queue->memory->descriptors[first + index];

		descriptor->address = address_of(buffers[index].at);
		descriptor->length = buffers[index].length;
		descriptor->flags = (u16)((buffers[index].writable ? DESC_WRITE : 0) |
					  (index + 1 < count ? DESC_NEXT : 0));
		descriptor->next = (u16)(first + index + 1);
	}
}

void queue_offer(struct queue *queue, u16 head)
{
	volatile struct avail_ring *avail = &queue->memory->avail;

	avail->heads[avail->index % queue->size] = head;
	barrier();
	avail->index++;
}

void queue_kick(const struct queue *queue)
{
	barrier();
	write16(queue->notify_at, queue->index);
}

bool queue_has_used(const struct queue *queue)
{
	return queue->memory->used.index != queue->next_used;
}

bool queue_wait(struct queue *queue, u32 *id, u32 *length)
{
	volatile struct used_ring *used = &queue->memory->used;
	u16 slot = queue->next_used % queue->size;

	if (!WAIT_FOR(queue_has_used(queue), PATIENCE))
		return false;
	barrier();
	if (id)
		*id = used->entries[slot].id;
	if (length)
		*length = used->entries[slot].length;
	queue->next_used++;
	return true;
}

bool queue_request(struct queue *queue, const struct buffer *buffers, u32 count, u32 *length)
{
	u32 id;

	queue_chain(queue, 0, buffers, count);
	queue_offer(queue, 0);
	queue_kick(queue);
	return queue_wait(queue, &id, length) && id == 0;
}

#include "wl.h"

#include "io.h"

static volatile u8 in_buffers[QUEUE_SIZE][WL_BUFFER_BYTES] ALIGNED(4096);
static u8 out_buffer[WL_BUFFER_BYTES] ALIGNED(64);
static volatile struct wl_new answer_buffer ALIGNED(64);

static void give(struct wl *wl, u16 index)
{
	struct queue *queue = &wl->device->queue;

	queue_chain(queue, index, &(struct buffer){in_buffers[index], WL_BUFFER_BYTES, true}, 1);
	queue_offer(queue, index);
}

bool wl_start(struct wl *wl, struct virtio *device)
{
	wl->device = device;
	wl->out.memory = &wl->out_rings;
	device->wanted |= WL_FEATURE_TRANS_FLAGS;
	if (!virtio_negotiate(device))
		return false;
	virtio_prepare(device, &device->queue, 0);
	virtio_enable_queue(device);
	virtio_prepare(device, &wl->out, 1);
	virtio_enable_queue(device);
	virtio_write_status(device, STATUS_RUNNING);
	if (virtio_status(device) != STATUS_RUNNING)
		return false;
	for (u16 index = 0; index < device->queue.size; index++)
		give(wl, index);
	queue_kick(&device->queue);
	return true;
}

u32 wl_command(struct wl *wl, const void *command, u32 length, struct wl_new *answer)
{
	const struct buffer buffers[] = {
		{command, length, false},
		{&answer_buffer, sizeof(answer_buffer), true},
	};

	memset((void *)&answer_buffer, 0, sizeof(answer_buffer));
	if (!queue_request(&wl->out, buffers, ARRAY_SIZE(buffers), NULL))
		return 0;
	if (answer)
		memcpy(answer, (const void *)&answer_buffer, sizeof(*answer));
	return answer_buffer.type;
}

u32 wl_new(struct wl *wl, u32 type, u32 id, u32 flags, u32 size, struct wl_new *answer)
{
	const struct wl_new command = {.type = type, .id = id, .flags = flags, .size = size};

	return wl_command(wl, &command, sizeof(command), answer);
}

u32 wl_close(struct wl *wl, u32 id)
{
	const struct wl_about command = {.type = WL_CMD_CLOSE, .id = id};

	return wl_command(wl, &command, sizeof(command), NULL);
}

u32 wl_send(struct wl *wl, u32 id, const void *data, u32 length, const u32 *vfds, u32 count)
{
	const struct wl_transfer head = {.type = WL_CMD_SEND, .id = id, .count = count};
	u32 ids = count * (u32)sizeof(*vfds);

	memcpy(out_buffer, &head, sizeof(head));
	if (count)
		memcpy(out_buffer + sizeof(head), vfds, ids);
	memcpy(out_buffer + sizeof(head) + ids, data, length);
	return wl_command(wl, out_buffer, (u32)sizeof(head) + ids + length, NULL);
}

const volatile void *wl_told(struct wl *wl, u32 *length)
{
	u32 id;

	if (!queue_has_used(&wl->device->queue) || !queue_wait(&wl->device->queue, &id, length))
		return NULL;
	return in_buffers[id];
}

void wl_give_back(struct wl *wl, const volatile void *buffer)
{
	give(wl, (u16)(((const volatile u8 *)buffer - in_buffers[0]) / WL_BUFFER_BYTES));
	queue_kick(&wl->device->queue);
}

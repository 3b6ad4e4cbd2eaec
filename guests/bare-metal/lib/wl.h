/*
 * The driver's side of Wayland for guests. There is no specification: the messages are those of the Chromium OS
 * kernel's include/linux/virtio_wl.h.
 */
#ifndef WL_H
#define WL_H

#include "virtio.h"

#define VIRTIO_WAYLAND 63
#define WL_FEATURE_TRANS_FLAGS (1ull << 1)

#define WL_CMD_NEW 0x100
#define WL_CMD_CLOSE 0x101
#define WL_CMD_SEND 0x102
#define WL_CMD_RECV 0x103
#define WL_CMD_NEW_CTX 0x104
#define WL_CMD_NEW_PIPE 0x105
#define WL_CMD_HUP 0x106
#define WL_CMD_NEW_DMABUF 0x107
#define WL_CMD_DMABUF_SYNC 0x108
#define WL_CMD_SEND_FOREIGN_ID 0x109
#define WL_CMD_NEW_CTX_NAMED 0x10a

#define WL_RESP_OK 0x1000
#define WL_RESP_NEW 0x1001
#define WL_RESP_ERR 0x1100
#define WL_RESP_OUT_OF_MEMORY 0x1101
#define WL_RESP_INVALID_ID 0x1102
#define WL_RESP_INVALID_TYPE 0x1103
#define WL_RESP_INVALID_FLAGS 0x1104
#define WL_RESP_INVALID_CMD 0x1105

#define WL_READ 2
#define WL_WRITE 1

#define WL_MAX_VFDS 28
#define WL_BUFFER_BYTES 4096

struct wl_new {
	u32 type;
	u32 zero;
	u32 id;
	u32 flags;
	u64 pfn;
	u32 size;
	/* The union of the header. */
	u8 more[36];
};

struct wl_about {
	u32 type;
	u32 zero;
	u32 id;
};

struct wl_transfer {
	u32 type;
	u32 zero;
	u32 id;
	u32 count;
};

/* A device with both of its queues. Queue 0, of the device itself, is the one on which it tells something. */
struct wl {
	struct virtio *device;
	struct queue out;
	struct queue_memory out_rings;
};

/* Starts the device, and gives it all buffers. */
bool wl_start(struct wl *wl, struct virtio *device);

/* Sends a command of `length` bytes, and gives the type of the answer: 0 if there is none. `answer` may be NULL. */
u32 wl_command(struct wl *wl, const void *command, u32 length, struct wl_new *answer);

/* Commands that consist of an id and little more. */
u32 wl_new(struct wl *wl, u32 type, u32 id, u32 flags, u32 size, struct wl_new *answer);
u32 wl_close(struct wl *wl, u32 id);

/* Sends data, with vfds, over a vfd. */
u32 wl_send(struct wl *wl, u32 id, const void *data, u32 length, const u32 *vfds, u32 count);

/*
 * What the device has told next: a buffer and how much of it there is, or NULL if there is nothing. It is the caller's
 * until it is given back.
 */
const volatile void *wl_told(struct wl *wl, u32 *length);
void wl_give_back(struct wl *wl, const volatile void *buffer);
#endif

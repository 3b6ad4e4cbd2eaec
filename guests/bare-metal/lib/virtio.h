/* The driver's side of the virtio-pci transport, modern devices only. Virtio 1.2, 4.1. */
#ifndef VIRTIO_H
#define VIRTIO_H

#include "pci.h"
#include "virtqueue.h"

#define VIRTIO_VENDOR 0x1af4
/* Plus the type of the device. */
#define VIRTIO_DEVICE_BASE 0x1040

#define VIRTIO_BLOCK 2
#define VIRTIO_ENTROPY 4
#define VIRTIO_BALLOON 5

#define STATUS_ACKNOWLEDGE 0x01
#define STATUS_DRIVER 0x02
#define STATUS_DRIVER_OK 0x04
#define STATUS_FEATURES_OK 0x08
#define STATUS_NEEDS_RESET 0x40
#define STATUS_FAILED 0x80
#define STATUS_RUNNING 0x0f

#define FEATURE_INDIRECT (1ull << 28)
#define FEATURE_EVENT_IDX (1ull << 29)
#define FEATURE_VERSION_1 (1ull << 32)
#define FEATURE_RING_RESET (1ull << 40)

/* Registers of the common configuration. Virtio 1.2, 4.1.4.3. */
#define COMMON_DEVICE_FEATURE_SELECT 0x00
#define COMMON_DEVICE_FEATURE 0x04
#define COMMON_DRIVER_FEATURE_SELECT 0x08
#define COMMON_DRIVER_FEATURE 0x0c
#define COMMON_CONFIG_VECTOR 0x10
#define COMMON_QUEUES 0x12
#define COMMON_STATUS 0x14
#define COMMON_GENERATION 0x15
#define COMMON_QUEUE_SELECT 0x16
#define COMMON_QUEUE_SIZE 0x18
#define COMMON_QUEUE_VECTOR 0x1a
#define COMMON_QUEUE_ENABLE 0x1c
#define COMMON_QUEUE_NOTIFY_OFF 0x1e
#define COMMON_QUEUE_DESC 0x20
#define COMMON_QUEUE_AVAIL 0x28
#define COMMON_QUEUE_USED 0x30
#define COMMON_QUEUE_RESET 0x3a
#define COMMON_BYTES 0x38

/* Types of capabilities; the window's data is behind its capability. */
#define VIRTIO_CAP_COMMON 1
#define VIRTIO_CAP_NOTIFY 2
#define VIRTIO_CAP_ISR 3
#define VIRTIO_CAP_DEVICE 4
#define VIRTIO_CAP_WINDOW 5
#define VIRTIO_CAP_BAR 4
#define VIRTIO_CAP_OFFSET 8
#define VIRTIO_CAP_LENGTH 12
#define VIRTIO_CAP_EXTRA 16

#define VIRTIO_QUEUES 1

/* A structure in a BAR. */
struct virtio_region {
	u8 bar;
	u32 offset;
	u32 length;
	/* Where it is now. */
	u64 at;
};

struct virtio {
	const struct pci_function *pci;
	u16 type;
	/* The name in tests: blk0, rng0. */
	char name[8];
	struct virtio_region common;
	struct virtio_region notify;
	struct virtio_region isr;
	struct virtio_region config;
	u32 notify_multiplier;
	/* Of the window's capability; 0 if there is none. */
	u8 window;
	/* What is negotiated by virtio_start(), as far as it is offered. */
	u64 wanted;
	u64 features;
	struct queue queue;
	struct queue_memory rings;
};

/* Reads the capabilities of a function: false if it is no modern virtio device. Decoding and bus mastering go on. */
bool virtio_probe(struct virtio *device, const struct pci_function *pci);

/* Finds out anew where the structures are, after a BAR was moved. */
void virtio_locate(struct virtio *device);

u8 virtio_status(const struct virtio *device);
void virtio_write_status(const struct virtio *device, u8 status);
bool virtio_needs_reset(const struct virtio *device);

/* Resets, and waits until it is done. */
bool virtio_reset(struct virtio *device);

u64 virtio_offered(const struct virtio *device);
void virtio_write_features(const struct virtio *device, u64 features);

/* From a reset to FEATURES_OK. */
bool virtio_negotiate(struct virtio *device);

/* Gives the selected queue its rings, wherever they are, without enabling it. */
void virtio_write_rings(const struct virtio *device, u64 desc, u64 avail, u64 used);

/* Sets up queue 0 with empty rings of QUEUE_SIZE, and enables it unless told otherwise. */
void virtio_prepare_queue(struct virtio *device);

/* The same with any queue, which is the selected one then. */
void virtio_prepare(const struct virtio *device, struct queue *queue, u16 index);
void virtio_enable_queue(struct virtio *device);

/* All of it, up to DRIVER_OK. */
bool virtio_start(struct virtio *device);
#endif

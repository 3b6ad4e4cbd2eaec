#include "virtio.h"

#include "io.h"

static struct virtio_region *region_of(struct virtio *device, u8 type)
{
	switch (type) {
	case VIRTIO_CAP_COMMON:
		return &device->common;
	case VIRTIO_CAP_NOTIFY:
		return &device->notify;
	case VIRTIO_CAP_ISR:
		return &device->isr;
	case VIRTIO_CAP_DEVICE:
		return &device->config;
	default:
		return NULL;
	}
}

static void take_capability(struct virtio *device, u8 at)
{
	const struct pci_function *pci = device->pci;
	u8 type = pci_read8(pci, at + 3u);
	struct virtio_region *region = region_of(device, type);

	if (type == VIRTIO_CAP_WINDOW)
		device->window = at;
	/* 4.1.4.1: of several with the same type, the first. */
	if (!region || region->length)
		return;
	region->bar = pci_read8(pci, at + (u32)VIRTIO_CAP_BAR);
	region->offset = pci_read32(pci, at + (u32)VIRTIO_CAP_OFFSET);
	region->length = pci_read32(pci, at + (u32)VIRTIO_CAP_LENGTH);
	if (type == VIRTIO_CAP_NOTIFY)
		device->notify_multiplier = pci_read32(pci, at + (u32)VIRTIO_CAP_EXTRA);
}

static void locate(const struct virtio *device, struct virtio_region *region)
{
	region->at = region->length ? pci_bar(device->pci, region->bar) + region->offset : 0;
}

void virtio_locate(struct virtio *device)
{
	locate(device, &device->common);
	locate(device, &device->notify);
	locate(device, &device->isr);
	locate(device, &device->config);
}

bool virtio_probe(struct virtio *device, const struct pci_function *pci)
{
	u8 at = 0;

	if (pci->vendor != VIRTIO_VENDOR || pci->device < VIRTIO_DEVICE_BASE)
		return false;
	memset(device, 0, sizeof(*device));
	device->pci = pci;
	device->type = (u16)(pci->device - VIRTIO_DEVICE_BASE);
	device->queue.memory = &device->rings;
	while ((at = pci_find_capability(pci, PCI_CAP_VENDOR, at)) != 0)
		take_capability(device, at);
	pci_write16(pci, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	virtio_locate(device);
	return device->common.at && device->notify.at && device->isr.at;
}

u8 virtio_status(const struct virtio *device)
{
	return read8(device->common.at + COMMON_STATUS);
}

void virtio_write_status(const struct virtio *device, u8 status)
{
	write8(device->common.at + COMMON_STATUS, status);
}

bool virtio_needs_reset(const struct virtio *device)
{
	return (virtio_status(device) & STATUS_NEEDS_RESET) != 0;
}

bool virtio_reset(struct virtio *device)
{
	virtio_write_status(device, 0);
	return WAIT_FOR(virtio_status(device) == 0, PATIENCE);
}

u64 virtio_offered(const struct virtio *device)
{
	u64 features = 0;

	for (u32 word = 0; word < 2; word++) {
		write32(device->common.at + COMMON_DEVICE_FEATURE_SELECT, word);
		features |= (u64)read32(device->common.at + COMMON_DEVICE_FEATURE) << (32 * word);
	}
	return features;
}

void virtio_write_features(const struct virtio *device, u64 features)
{
	for (u32 word = 0; word < 2; word++) {
		write32(device->common.at + COMMON_DRIVER_FEATURE_SELECT, word);
		write32(device->common.at + COMMON_DRIVER_FEATURE, (u32)(features >> (32 * word)));
	}
}

bool virtio_negotiate(struct virtio *device)
{
	u8 status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;

	if (!virtio_reset(device))
		return false;
	virtio_write_status(device, STATUS_ACKNOWLEDGE);
	virtio_write_status(device, status);
	device->features = virtio_offered(device) & (device->wanted | FEATURE_VERSION_1);
	virtio_write_features(device, device->features);
	status |= STATUS_FEATURES_OK;
	virtio_write_status(device, status);
	return virtio_status(device) == status;
}

static void write_address(const struct virtio *device, u32 at, u64 address)
{
	/* 4.1.3.1: 64-bit fields as two of 32 bits. */
	write32(device->common.at + at, (u32)address);
	write32(device->common.at + at + 4, (u32)(address >> 32));
}

void virtio_write_rings(const struct virtio *device, u64 desc, u64 avail, u64 used)
{
	write_address(device, COMMON_QUEUE_DESC, desc);
	write_address(device, COMMON_QUEUE_AVAIL, avail);
	write_address(device, COMMON_QUEUE_USED, used);
}

void virtio_prepare(const struct virtio *device, struct queue *queue, u16 index)
{
	u16 most;

	write16(device->common.at + COMMON_QUEUE_SELECT, index);
	most = read16(device->common.at + COMMON_QUEUE_SIZE);
	queue->size = most < QUEUE_SIZE ? most : QUEUE_SIZE;
	queue->index = index;
	write16(device->common.at + COMMON_QUEUE_SIZE, queue->size);
	queue->notify_at = device->notify.at +
			   (u64)read16(device->common.at + COMMON_QUEUE_NOTIFY_OFF) * device->notify_multiplier;
	queue_clear(queue);
	virtio_write_rings(device, address_of(queue->memory->descriptors), address_of(&queue->memory->avail),
			   address_of(&queue->memory->used));
}

void virtio_prepare_queue(struct virtio *device)
{
	virtio_prepare(device, &device->queue, 0);
}

void virtio_enable_queue(struct virtio *device)
{
	write16(device->common.at + COMMON_QUEUE_ENABLE, 1);
}

bool virtio_start(struct virtio *device)
{
	if (!virtio_negotiate(device))
		return false;
	virtio_prepare_queue(device);
	virtio_enable_queue(device);
	virtio_write_status(device, STATUS_RUNNING);
	return virtio_status(device) == STATUS_RUNNING;
}

/* What all virtio devices have in common, after the tests of their own: they are started anew each time. */
#include "selftest.h"

#include "balloon.h"
#include "block.h"
#include "io.h"
#include "machine.h"
#include "test.h"

#define RESETS 10

#define MSIX_CONTROL 2
#define MSIX_TABLE 4
#define MSIX_PENDING 8
#define MSIX_BAR 7
#define MSIX_ENABLE 0x8000
#define MSIX_MASK_ALL 0x4000
#define NO_VECTOR 0xffff

#define ISR_QUEUE 0x01

static bool test_resets(void *subject)
{
	struct virtio *device = subject;

	for (u32 count = 0; count < RESETS; count++) {
		CHECK(virtio_start(device), "start %u: status 0x%x", count, virtio_status(device));
		CHECK(device_works(device), "no answer after start %u", count);
	}
	CHECK(virtio_reset(device), "status 0x%x after a reset", virtio_status(device));
	CHECK(read16(device->common.at + COMMON_QUEUE_ENABLE) == 0, "the queue is still enabled");
	return true;
}

static bool test_isr(void *subject)
{
	struct virtio *device = subject;

	CHECK(virtio_start(device), "does not start");
	device->rings.avail.flags = 0;
	CHECK(device_works(device), "no answer");
	CHECK(WAIT_FOR(read8(device->isr.at) & ISR_QUEUE, PATIENCE), "no interrupt status");
	CHECK(read8(device->isr.at) == 0, "reading it does not clear it");
	return true;
}

/* Vectors without interrupts: all are masked, and what is not sent is pending. */
static bool test_msix(void *subject)
{
	struct virtio *device = subject;
	const struct pci_function *pci = device->pci;
	u8 msix = pci_find_capability(pci, PCI_CAP_MSIX, 0);
	u32 where;
	u64 pending;
	bool came;

	CHECK(msix, "no such capability");
	where = pci_read32(pci, msix + (u32)MSIX_PENDING);
	pending = pci_bar(pci, where & MSIX_BAR) + (where & ~(u32)MSIX_BAR);
	CHECK(virtio_negotiate(device), "does not start");
	pci_write16(pci, msix + (u32)MSIX_CONTROL, MSIX_ENABLE | MSIX_MASK_ALL);
	virtio_prepare_queue(device);
	write16(device->common.at + COMMON_QUEUE_VECTOR, 1);
	CHECK(read16(device->common.at + COMMON_QUEUE_VECTOR) == 1, "it does not take vector 1");
	virtio_enable_queue(device);
	virtio_write_status(device, STATUS_RUNNING);
	device->rings.avail.flags = 0;
	CHECK(device_works(device), "no answer");
	came = WAIT_FOR(read32(pending) == 2, PATIENCE);
	where = read32(pending);
	virtio_reset(device);
	pci_write16(pci, msix + (u32)MSIX_CONTROL, 0);
	CHECK(came, "pending bits are 0x%x", where);
	return true;
}

static bool test_indirect(void *subject)
{
	static volatile struct descriptor table[3];
	static volatile struct block_header header;
	static volatile u8 data[SECTOR_BYTES], status;
	struct virtio *device = subject;
	struct queue *queue = &device->queue;
	bool is_block = device->type == VIRTIO_BLOCK, writes = device->type != VIRTIO_BALLOON;
	u32 last = is_block ? 2 : 0, length;

	CHECK(virtio_start(device), "does not start");
	if (!(device->features & FEATURE_INDIRECT))
		return pass("not offered");
	status = BLOCK_UNTOUCHED;
	table[0] = (struct descriptor){address_of(&header), sizeof(header), DESC_NEXT, 1};
	table[1] = (struct descriptor){address_of(data), sizeof(data), DESC_NEXT | DESC_WRITE, 2};
	table[last] = (struct descriptor){is_block ? address_of(&status) : address_of(data), 1, DESC_WRITE, 0};
	queue->memory->descriptors[3] = (struct descriptor){address_of(table), (last + 1) * 16, DESC_INDIRECT, 0};
	queue_offer(queue, 3);
	queue_kick(queue);
	CHECK(queue_wait(queue, &last, &length), "no answer");
	CHECK(last == 3 && (length > 0) == writes, "chain %u comes back with %u bytes", last, length);
	CHECK(!is_block || status == BLOCK_OK, "status 0x%x", status);
	return true;
}

static bool test_many(void *subject)
{
	static volatile struct block_header header;
	static volatile u8 data[8][SECTOR_BYTES], statuses[8], page[BALLOON_PAGE_BYTES] ALIGNED(4096);
	static volatile u32 numbers[sizeof(header) / sizeof(u32)];
	struct virtio *device = subject;
	bool is_balloon = device->type == VIRTIO_BALLOON;
	struct queue *queue = &device->queue;
	u32 seen = 0;

	CHECK(virtio_start(device), "does not start");
	for (u32 index = 0; index < ARRAY_SIZE(numbers); index++)
		numbers[index] = balloon_page_of(page);
	for (u16 index = 0; index < queue->size / 3 && index < 8; index++) {
		const struct buffer buffers[] = {
			{is_balloon ? (volatile void *)numbers : &header, sizeof(header), false},
			{data[index], SECTOR_BYTES, true},
			{&statuses[index], 1, true},
		};

		queue_chain(queue, index * 3, buffers, 3);
		queue_offer(queue, index * 3);
	}
	queue_kick(queue);
	for (u32 left = queue->memory->avail.index; left > 0; left--) {
		u32 id;

		CHECK(queue_wait(queue, &id, NULL), "%u of them do not come back", left);
		CHECK(id % 3 == 0 && !(seen & 1u << id), "chain %u comes back, again or unasked", id);
		seen |= 1u << id;
	}
	return true;
}

static const struct test tests[] = {
	{"resets", test_resets},
	{"isr", test_isr},
	{"msix-pending", test_msix},
	{"indirect", test_indirect},
	{"many-at-once", test_many},
};

void test_transport(struct virtio *device)
{
	device->wanted = FEATURE_INDIRECT;
	run_tests(device->name, tests, ARRAY_SIZE(tests), device);
	virtio_reset(device);
}

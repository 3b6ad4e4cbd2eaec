/* Indirect tables that break the rules. Virtio 1.2, 2.7.5.3. */
#include "hostile.h"

#include "boot-info.h"

#define WRITE DESC_WRITE
#define NEXT DESC_NEXT
#define INDIRECT DESC_INDIRECT

#define SCRATCH address_of(scratch)

#define ENTRY_BYTES sizeof(struct descriptor)
#define TABLE_ENTRIES 64

static volatile struct descriptor table[TABLE_ENTRIES] ALIGNED(4096);

/* A chain through the whole table, of writable buffers. */
static void fill_table(u16 entries)
{
	for (u16 index = 0; index < entries; index++)
		table[index] = (struct descriptor){SCRATCH, 16, WRITE | NEXT, (u16)(index + 1)};
	table[entries - 1].flags = WRITE;
}

static bool with_table(struct virtio *device, u64 address, u32 length, u16 flags)
{
	put(device, 0, address, length, flags | INDIRECT, 1);
	put(device, 1, SCRATCH, 16, WRITE, 0);
	launch(device, 0);
	return true;
}

static bool nested(struct virtio *device)
{
	fill_table(2);
	table[1] = (struct descriptor){address_of(table), ENTRY_BYTES, INDIRECT, 0};
	return with_table(device, address_of(table), 2 * ENTRY_BYTES, 0);
}

static bool nested_in_itself(struct virtio *device)
{
	table[0] = (struct descriptor){address_of(table), ENTRY_BYTES, INDIRECT, 0};
	return with_table(device, address_of(table), ENTRY_BYTES, 0);
}

static bool longer_than_queue(struct virtio *device)
{
	fill_table(TABLE_ENTRIES);
	return with_table(device, address_of(table), sizeof(table), 0);
}

static bool loops(struct virtio *device)
{
	fill_table(4);
	table[3] = (struct descriptor){SCRATCH, 16, WRITE | NEXT, 0};
	return with_table(device, address_of(table), 4 * ENTRY_BYTES, 0);
}

static bool next_beyond(struct virtio *device)
{
	fill_table(8);
	return with_table(device, address_of(table), 4 * ENTRY_BYTES, 0);
}

static bool with_length(struct virtio *device, u32 length)
{
	fill_table(4);
	return with_table(device, address_of(table), length, 0);
}

static bool empty(struct virtio *device)
{
	return with_length(device, 0);
}

static bool half_an_entry(struct virtio *device)
{
	return with_length(device, ENTRY_BYTES / 2);
}

static bool odd_length(struct virtio *device)
{
	return with_length(device, 4 * ENTRY_BYTES + 1);
}

static bool length_is_largest(struct virtio *device)
{
	return with_length(device, 0xfffffff0);
}

static bool beyond_memory(struct virtio *device)
{
	return with_table(device, boot_info.memory_end, 4 * ENTRY_BYTES, 0);
}

static bool across_end(struct virtio *device)
{
	return with_table(device, boot_info.memory_end - ENTRY_BYTES, 4 * ENTRY_BYTES, 0);
}

static bool address_wraps(struct virtio *device)
{
	return with_table(device, -ENTRY_BYTES, 4 * ENTRY_BYTES, 0);
}

static bool with_next(struct virtio *device)
{
	fill_table(4);
	return with_table(device, address_of(table), 4 * ENTRY_BYTES, NEXT);
}

static bool with_write(struct virtio *device)
{
	fill_table(4);
	return with_table(device, address_of(table), 4 * ENTRY_BYTES, WRITE);
}

static bool not_negotiated(struct virtio *device)
{
	device->wanted = 0;
	CHECK(virtio_start(device), "does not start: status 0x%x", virtio_status(device));
	fill_table(4);
	return with_table(device, address_of(table), 4 * ENTRY_BYTES, 0);
}

static const struct attack attacks[] = {
	{"indirect/nested", nested, MUST_REACT},
	{"indirect/nested-in-itself", nested_in_itself, MUST_REACT},
	{"indirect/longer-than-queue", longer_than_queue, MUST_REACT},
	{"indirect/loop", loops, MUST_REACT},
	{"indirect/next-beyond-table", next_beyond, MUST_REACT},
	{"indirect/empty", empty, MUST_REACT},
	{"indirect/half-an-entry", half_an_entry, MUST_REACT},
	{"indirect/odd-length", odd_length, MUST_REACT},
	{"indirect/length-is-largest", length_is_largest, MUST_REACT},
	{"indirect/beyond-memory", beyond_memory, MUST_REACT},
	{"indirect/across-end-of-memory", across_end, MUST_REACT},
	{"indirect/address-wraps", address_wraps, MUST_REACT},
	{"indirect/with-next", with_next, MUST_REACT},
	{"indirect/with-write", with_write, MUST_REACT},
	{"indirect/not-negotiated", not_negotiated, MUST_REACT},
};

void attack_indirect(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

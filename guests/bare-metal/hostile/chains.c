/* Chains of descriptors that break the rules. Virtio 1.2, 2.7.4 and 2.7.5. */
#include "hostile.h"

#include "boot-info.h"
#include "io.h"

#define WRITE DESC_WRITE
#define NEXT DESC_NEXT

#define SCRATCH address_of(scratch)
#define GUARD address_of(guard)

static bool loop_of_one(struct virtio *device)
{
	put(device, 0, SCRATCH, 16, WRITE | NEXT, 0);
	launch(device, 0);
	return true;
}

static bool loop_of_all(struct virtio *device)
{
	for (u16 index = 0; index < device->queue.size; index++)
		put(device, index, SCRATCH, 16, WRITE | NEXT, (u16)((index + 1) % device->queue.size));
	launch(device, 5);
	return true;
}

static bool next_beyond_table(struct virtio *device)
{
	put(device, 0, SCRATCH, 16, WRITE | NEXT, device->queue.size);
	launch(device, 0);
	return true;
}

static bool next_is_largest(struct virtio *device)
{
	put(device, 0, SCRATCH, 16, WRITE | NEXT, 0xffff);
	launch(device, 0);
	return true;
}

/* One descriptor that the device may write. */
static bool writable_at(struct virtio *device, u64 address, u32 length)
{
	put(device, 0, address, length, WRITE, 0);
	launch(device, 0);
	return true;
}

static bool beyond_memory(struct virtio *device)
{
	return writable_at(device, boot_info.memory_end, 64);
}

static bool across_end(struct virtio *device)
{
	return writable_at(device, boot_info.memory_end - 32, 64);
}

static bool address_wraps(struct virtio *device)
{
	return writable_at(device, -16ull, 32);
}

static bool address_is_negative(struct virtio *device)
{
	return writable_at(device, 1ull << 63, 64);
}

static bool address_has_high_bits(struct virtio *device)
{
	return writable_at(device, GUARD | 1ull << 53, 64);
}

static bool length_is_largest(struct virtio *device)
{
	return writable_at(device, boot_info.memory_end - 4096, 0xffffffff);
}

static bool in_pci_hole(struct virtio *device)
{
	return writable_at(device, 0xdffff000, 64);
}

static bool in_local_apic(struct virtio *device)
{
	return writable_at(device, 0xfee00300, 4);
}

static bool second_buffer_beyond(struct virtio *device)
{
	put(device, 0, SCRATCH, 16, WRITE | NEXT, 1);
	put(device, 1, boot_info.memory_end, 16, WRITE, 0);
	launch(device, 0);
	return true;
}

static bool empty_buffer(struct virtio *device)
{
	return writable_at(device, SCRATCH, 0);
}

static bool empty_buffer_nowhere(struct virtio *device)
{
	return writable_at(device, -1ull, 0);
}

static bool nothing_to_write(struct virtio *device)
{
	put(device, 0, GUARD, 64, 0, 0);
	launch(device, 0);
	return true;
}

static bool readable_after_writable(struct virtio *device)
{
	put(device, 0, SCRATCH, 64, WRITE | NEXT, 1);
	put(device, 1, GUARD, 64, 0, 0);
	launch(device, 0);
	return true;
}

static bool unknown_flags(struct virtio *device)
{
	put(device, 0, SCRATCH, 64, 0xfff8 | WRITE, 0);
	launch(device, 0);
	return true;
}

/* Buffers that overlap, each as large as memory: more than 4 GiB in all. */
static bool sum_of_lengths(struct virtio *device)
{
	u32 length = (u32)(boot_info.memory_end - 0x100000);

	for (u16 index = 0; index < device->queue.size; index++)
		put(device, index, 0x100000, length, NEXT, (u16)(index + 1));
	put(device, device->queue.size - 1, SCRATCH, 1, WRITE, 0);
	launch(device, 0);
	return true;
}

/* The driver changes descriptors while the device reads them. */
static bool change_meanwhile(struct virtio *device)
{
	for (u16 round = 0; round < 40; round++) {
		put_sound(device, 0);
		launch(device, 0);
		for (u16 index = 0; index < SOUND_DESCRIPTORS; index++) {
			device->rings.descriptors[index].address = boot_info.memory_end;
			device->rings.descriptors[index].flags ^= WRITE;
			device->rings.descriptors[index].length = 0xffffffff;
			device->rings.descriptors[index].next = 0xffff;
		}
		put_sound(device, 0);
	}
	return true;
}

static const struct attack attacks[] = {
	{"loop-of-one", loop_of_one, MUST_REACT},
	{"loop-of-all", loop_of_all, MUST_REACT},
	{"next-beyond-table", next_beyond_table, MUST_REACT},
	{"next-is-largest", next_is_largest, MUST_REACT},
	{"beyond-memory", beyond_memory, MUST_REACT},
	{"across-end-of-memory", across_end, MUST_REACT},
	{"address-wraps", address_wraps, MUST_REACT},
	{"address-is-negative", address_is_negative, MUST_REACT},
	{"address-has-high-bits", address_has_high_bits, MUST_REACT},
	{"length-is-largest", length_is_largest, MUST_REACT},
	{"in-pci-hole", in_pci_hole, MUST_REACT},
	{"in-local-apic", in_local_apic, MUST_REACT},
	{"second-buffer-beyond", second_buffer_beyond, MUST_REACT},
	{"empty-buffer", empty_buffer, MUST_REACT},
	{"empty-buffer-nowhere", empty_buffer_nowhere, MUST_REACT},
	{"nothing-to-write", nothing_to_write, MUST_REACT},
	{"readable-after-writable", readable_after_writable, MUST_REACT},
	{"unknown-flags", unknown_flags, MUST_REACT},
	{"sum-of-lengths", sum_of_lengths, MUST_REACT},
	{"change-meanwhile", change_meanwhile, EITHER},
};

void attack_chains(struct virtio *device)
{
	run_attacks(device, attacks, ARRAY_SIZE(attacks));
}

#include "boot-info.h"
#include "console.h"
#include "test.h"

struct boot_info boot_info;

/* struct boot_params: Documentation/arch/x86/zero-page.rst. */
#define ACPI_RSDP_ADDR 0x070
#define EXT_CMD_LINE_PTR 0x0c8
#define E820_ENTRIES 0x1e8
#define CMD_LINE_PTR 0x228
#define E820_TABLE 0x2d0

struct e820_entry {
	u64 at;
	u64 size;
	u32 type;
} PACKED;

#define MEMORY 1

/* struct hvm_start_info: xen/include/public/arch-x86/hvm/start_info.h. */
struct hvm_start_info {
	u32 magic;
	u32 version;
	u32 flags;
	u32 modules;
	u64 module_list;
	u64 command_line;
	u64 rsdp;
	/* From version 1 on. */
	u64 memory_map;
	u32 memory_map_entries;
	u32 reserved;
};

struct hvm_memory_map_entry {
	u64 at;
	u64 size;
	u32 type;
	u32 reserved;
};

#define HVM_START_MAGIC 0x336ec578

#define ONE_MIB 0x100000
#define FOUR_GIB 0x100000000

static void take_memory(u64 at, u64 size, u32 type)
{
	if (type == MEMORY && at <= ONE_MIB && at + size > ONE_MIB && at + size <= FOUR_GIB)
		boot_info.memory_end = at + size;
}

static const void *pointer(u64 address)
{
	return (const void *)(uintptr_t)address;
}

static void read_boot_params(const u8 *params)
{
	const struct e820_entry *table = (const void *)(params + E820_TABLE);
	u32 low, high;

	memcpy(&boot_info.rsdp, params + ACPI_RSDP_ADDR, sizeof(boot_info.rsdp));
	memcpy(&low, params + CMD_LINE_PTR, sizeof(low));
	memcpy(&high, params + EXT_CMD_LINE_PTR, sizeof(high));
	boot_info.command_line = pointer((u64)high << 32 | low);
	for (u32 index = 0; index < params[E820_ENTRIES]; index++)
		take_memory(table[index].at, table[index].size, table[index].type);
}

static void read_start_info(const struct hvm_start_info *info)
{
	const struct hvm_memory_map_entry *map;

	if (info->magic != HVM_START_MAGIC)
		return;
	boot_info.rsdp = info->rsdp;
	boot_info.command_line = pointer(info->command_line);
	if (info->version == 0)
		return;
	map = pointer(info->memory_map);
	for (u32 index = 0; index < info->memory_map_entries; index++)
		take_memory(map[index].at, map[index].size, map[index].type);
}

void boot_info_read(u32 kind, u64 address)
{
	if (kind == BOOT_LINUX)
		read_boot_params(pointer(address));
	else
		read_start_info(pointer(address));
	if (!boot_info.command_line)
		boot_info.command_line = "";
}

void guest_main(u32 kind, u64 address);

void guest_main(u32 kind, u64 address)
{
	console_init();
	boot_info_read(kind, address);
	program_main();
	tests_end();
}

/* What the loader tells: the command line, memory, and where the ACPI tables begin. */
#ifndef BOOT_INFO_H
#define BOOT_INFO_H

/* How we were started; boot.S says so. */
#define BOOT_LINUX 1
#define BOOT_PVH 2

#ifndef __ASSEMBLER__
#include "types.h"

struct boot_info {
	const char *command_line;
	/* Memory from 1 MiB on ends here; whatever there is above 4 GiB does not count. */
	u64 memory_end;
	/* 0 where the loader does not know. */
	u64 rsdp;
};

extern struct boot_info boot_info;

/* Reads what the loader left at `address`. */
void boot_info_read(u32 kind, u64 address);

/* Where the program begins; the library's part of it is done. */
void program_main(void);
#endif
#endif

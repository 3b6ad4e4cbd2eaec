#include "paging.h"

#define PRESENT_WRITABLE 0x3
#define LARGE 0x80
#define ENTRIES 512
#define GIB_SHIFT 30
#define LARGE_SHIFT 21

/* Of boot.S. */
extern volatile u64 pdpt[ENTRIES];

static volatile u64 directory[ENTRIES] ALIGNED(4096);

bool map_gib(u64 address)
{
	u64 gib = address >> GIB_SHIFT;

	if (gib >= ENTRIES)
		return false;
	if (pdpt[gib])
		return true;
	if (directory[0])
		return false;
	for (u64 index = 0; index < ENTRIES; index++)
		directory[index] = (gib << GIB_SHIFT | index << LARGE_SHIFT) | LARGE | PRESENT_WRITABLE;
	pdpt[gib] = address_of(directory) | PRESENT_WRITABLE;
	return true;
}

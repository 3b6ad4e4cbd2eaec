/* Pages beyond the first 4 GiB, which boot.S maps. */
#ifndef PAGING_H
#define PAGING_H

#include "types.h"

/* Maps the GiB that an address is in to itself, unless it is mapped: false where there is no room for its table. */
bool map_gib(u64 address);
#endif

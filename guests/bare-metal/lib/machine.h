/* What PCI has: every function, and those that are virtio devices. */
#ifndef MACHINE_H
#define MACHINE_H

#include "virtio.h"

#define MAX_VIRTIO 32

struct machine {
	u32 function_count;
	struct pci_function functions[PCI_MAX_FUNCTIONS];
	u32 virtio_count;
	struct virtio virtio[MAX_VIRTIO];
};

extern struct machine machine;

/* Fills it. */
void machine_scan(void);

/* Whether a device that is started answers a request, whichever type it is of. */
bool device_works(struct virtio *device);
#endif

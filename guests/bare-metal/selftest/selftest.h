/* The parts of the self-test. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "virtio.h"

void test_platform(void);
void test_serial(void);
void test_pci(void);
/* What all virtio devices have in common. */
void test_transport(struct virtio *device);
void test_entropy(struct virtio *device);
void test_balloon(struct virtio *device);
void test_block(struct virtio *device);
#endif

/* What a hostile driver does, and how it is seen whether the device bears it. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "test.h"
#include "virtio.h"

/* What the device does about it, before its reset. */
enum reaction {
	/* Nothing at all is well, too. */
	MAY_REACT,
	/* It gives a chain back or asks for a reset. */
	MUST_REACT,
	/* The same, but which of both it is depends on who is quicker. */
	EITHER,
};

struct attack {
	const char *name;
	/*
	 * Finds the device started, with nothing on its way, and leaves it as it likes. Returns true, or fail() if the
	 * device did what it must not.
	 */
	bool (*run)(struct virtio *device);
	enum reaction reaction;
};

/*
 * Runs attacks on a device, as tests. After each, another device must still work without more ado, this one after
 * a reset, and what the device had no leave to write must be as it was.
 */
void run_attacks(struct virtio *device, const struct attack *attacks, size_t count);

void attack_chains(struct virtio *device);
void attack_indirect(struct virtio *device);
void attack_rings(struct virtio *device);
void attack_resets(struct virtio *device);
void attack_status(struct virtio *device);
void attack_registers(struct virtio *device);
void attack_bars(struct virtio *device);
void attack_requests(struct virtio *device);
void attack_balloon(struct virtio *device);

/* Memory that no device has leave to write. */
#define GUARD_BYTES 256
#define GUARD_VALUE 0xa5
extern volatile u8 guard[GUARD_BYTES];

/* Memory that devices may write. */
#define SCRATCH_BYTES 4096
extern volatile u8 scratch[SCRATCH_BYTES];

/* Writes one descriptor. */
void put(struct virtio *device, u16 index, u64 address, u32 length, u16 flags, u16 next);

/* Makes the chain from `head` on available, and kicks. */
void launch(struct virtio *device, u16 head);

/* A chain that the device serves, from descriptor `first` on: it takes `SOUND_DESCRIPTORS`. */
#define SOUND_DESCRIPTORS 3
void put_sound(struct virtio *device, u16 first);

/* Where the device's BAR was at first, and its size. */
u64 home_of(const struct virtio *device);
u64 bar_size_of(const struct virtio *device);
#endif

/* Drives the echo device of docs/write-a-device.md: sends it words, and prints what comes back. */
#include "boot-info.h"
#include "console.h"
#include "machine.h"
#include "power.h"

/* The type that the page gives it. */
#define VIRTIO_ECHO 63

#define ROOM 64

static const char *const words[] = {"hello", "a guest without a kernel", "and nothing else"};

static void send(struct virtio *device, const char *word)
{
	static volatile char answer[ROOM];
	u32 length = 0;
	u32 count = 0;

	while (word[count] != 0)
		count++;
	struct buffer chain[] = {{word, count, false}, {answer, ROOM - 1, true}};
	if (!queue_request(&device->queue, chain, 2, &length)) {
		print("%s: no answer\n", device->name);
		return;
	}
	answer[length < ROOM ? length : ROOM - 1] = 0;
	print("%s: '%s' gives '%s'\n", device->name, word, (const char *)answer);
}

void program_main(void)
{
	machine_scan();
	for (u32 index = 0; index < machine.virtio_count; index++) {
		struct virtio *device = &machine.virtio[index];

		if (device->type != VIRTIO_ECHO)
			continue;
		if (!virtio_start(device)) {
			print("%s: cannot be started\n", device->name);
			continue;
		}
		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++)
			send(device, words[word]);
	}
	power_off();
}

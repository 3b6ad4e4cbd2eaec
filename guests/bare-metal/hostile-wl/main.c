/*
 * A hostile driver of Wayland. Whatever it does, it has answers, or the device asks for a reset, and works after one.
 * Before it begins, and whenever all was done, it resets the device, says so, and waits for a key, so that somebody can
 * see what there is on the host.
 */
#include "attacks.h"

#include "boot-info.h"
#include "console.h"
#include "io.h"
#include "machine.h"

#define ROUNDS 2

#define COM1_STATUS (COM1 + 5)
#define COM1_READY 1

struct wl wl;
u8 command[WL_BUFFER_BYTES] ALIGNED(64);
static volatile u8 answer[sizeof(struct wl_new)] ALIGNED(64);

u32 new_memory(u32 id, u32 size)
{
	return wl_new(&wl, WL_CMD_NEW, id, 0, size, NULL);
}

u32 new_pipe(u32 id, u32 flags)
{
	return wl_new(&wl, WL_CMD_NEW_PIPE, id, flags, 0, NULL);
}

u32 new_context(u32 id, const char *name)
{
	struct wl_new new = {.type = WL_CMD_NEW_CTX_NAMED, .id = id};

	memcpy(new.more, name, strlen(name));
	return wl_command(&wl, &new, sizeof(new), NULL);
}

u32 close_vfd(u32 id)
{
	return wl_close(&wl, id);
}

u32 send_some(u32 id, u32 vfd, u32 count)
{
	u32 vfds[WL_MAX_VFDS];

	for (u32 index = 0; index < count; index++)
		vfds[index] = vfd;
	return wl_send(&wl, id, "some", 4, vfds, count);
}

u32 send_command(u32 length, u32 room)
{
	struct buffer buffers[2];
	u32 count = 0;

	memset((void *)answer, 0, sizeof(answer));
	/* There are no buffers of nothing. */
	if (length)
		buffers[count++] = (struct buffer){command, length, false};
	if (room)
		buffers[count++] = (struct buffer){answer, room, true};
	if (!queue_request(&wl.out, buffers, count, NULL))
		return 0;
	return *(const volatile u32 *)answer;
}

bool is_answer(u32 type)
{
	return type == WL_RESP_OK || type == WL_RESP_NEW || (type >= WL_RESP_ERR && type <= WL_RESP_INVALID_CMD);
}

bool restart(void)
{
	return virtio_reset(wl.device) && wl_start(&wl, wl.device);
}

static bool was_told(u32 type)
{
	u32 length;
	const volatile u8 *message = wl_told(&wl, &length);
	bool found;

	if (!message)
		return false;
	found = *(const volatile u32 *)message == type;
	wl_give_back(&wl, message);
	return found;
}

bool wait_told(u32 type)
{
	return WAIT_FOR(was_told(type), PATIENCE);
}

/* Asks the real compositor what it has. */
static bool works(void *subject)
{
	const u32 get_registry[] = {1, 12 << 16 | 1, 2};

	(void)subject;
	CHECK(wl_new(&wl, WL_CMD_NEW_CTX, 1, 0, 0, NULL) == WL_RESP_NEW, "no connection");
	CHECK(wl_send(&wl, 1, get_registry, sizeof(get_registry), NULL, 0) == WL_RESP_OK, "not sent");
	CHECK(wait_told(WL_CMD_RECV), "no answer");
	return true;
}

static const struct test attacks[] = {
	{"counts", attack_counts}, {"ids", attack_ids},	      {"sizes", attack_sizes},	 {"long", attack_long},
	{"many", attack_many},	   {"closed", attack_closed}, {"full", attack_full},	 {"cuts", attack_cuts},
	{"types", attack_types},   {"resets", attack_resets}, {"afterwards", works},
};

static void attack(void)
{
	for (u32 index = 0; index < ARRAY_SIZE(attacks); index++) {
		run_tests("wl", &attacks[index], 1, NULL);
		if (!restart())
			print("wl: does not start again\n");
	}
}

static void rest(u32 round)
{
	virtio_reset(wl.device);
	print("round %u: at rest\n", round);
	while (!(inb(COM1_STATUS) & COM1_READY))
		asm volatile("pause");
	inb(COM1);
}

void program_main(void)
{
	machine_scan();
	for (u32 index = 0; index < machine.virtio_count; index++) {
		if (machine.virtio[index].type != VIRTIO_WAYLAND)
			continue;
		wl.device = &machine.virtio[index];
		rest(0);
		for (u32 round = 1; round <= ROUNDS; round++) {
			restart();
			attack();
			rest(round);
		}
	}
}

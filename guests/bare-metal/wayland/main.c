/*
 * Shows a pattern on a Wayland compositor of the host, and tells what comes from its pointer and its keyboard, until it
 * is asked to close or the compositor is gone. `seed=N` on the command line chooses the pattern.
 */
#include "boot-info.h"
#include "console.h"
#include "io.h"
#include "machine.h"
#include "paging.h"
#include "test.h"
#include "wire.h"

/* Vfds of ours. */
enum { CONTEXT = 1, MEMORY, OTHER };

/* Objects of ours, in the order in which they are made: a compositor takes no others. */
enum {
	REGISTRY = 2,
	SYNC,
	COMPOSITOR,
	SHM,
	WM_BASE,
	SURFACE,
	XDG_SURFACE,
	TOPLEVEL,
	POOL,
	BUFFER,
	FRAME,
	SEAT,
	POINTER,
	KEYBOARD,
};

#define MAX_PIXELS (1024u * 1024)
#define FORMAT_XRGB8888 1
#define PAGE_SHIFT 12

/* Many times what a compositor takes to answer. */
#define LONG (PATIENCE * 4)

static struct wl wl;
static struct connection connection = {.wl = &wl, .id = CONTEXT};

/* What the compositor said. */
static struct {
	u32 compositor, shm, wm_base, seat;
	bool synced, configured, shown, closed, failed;
	u32 width, height;
} seen;

static u32 seed(void)
{
	static const char option[] = "seed=";

	for (const char *at = boot_info.command_line; *at; at++)
		if (strncmp(at, option, sizeof(option) - 1) == 0)
			return (u32)(at[sizeof(option) - 1] - '0');
	return 0;
}

static void on_global(const u32 *event)
{
	const char *interface = (const char *)&event[4];
	const struct {
		const char *name;
		u32 *global;
	} wanted[] = {
		{"wl_compositor", &seen.compositor},
		{"wl_shm", &seen.shm},
		{"xdg_wm_base", &seen.wm_base},
		{"wl_seat", &seen.seat},
	};

	for (u32 index = 0; index < ARRAY_SIZE(wanted); index++)
		if (strncmp(interface, wanted[index].name, strlen(wanted[index].name) + 1) == 0)
			*wanted[index].global = event[2];
}

/* The keymap, which comes as memory of the host's. */
static void on_keymap(u32 size)
{
	const struct wl_new *vfd = &connection.vfds[0];
	u64 at = vfd->pfn << PAGE_SHIFT;

	if (connection.vfd_count == 0 || !vfd->pfn || !map_gib(at) || vfd->size < size) {
		print("keymap: FAILED\n");
		return;
	}
	print("keymap: %u bytes: %c%c%c%c%c%c%c%c%c%c\n", size, read8(at), read8(at + 1), read8(at + 2), read8(at + 3),
	      read8(at + 4), read8(at + 5), read8(at + 6), read8(at + 7), read8(at + 8), read8(at + 9));
	wl_close(&wl, vfd->id);
	connection.vfd_count = 0;
}

static void on_pointer(u32 opcode, const u32 *event)
{
	switch (opcode) {
	case 0:
		print("pointer enters at %u,%u\n", event[4] >> 8, event[5] >> 8);
		break;
	case 2:
		print("pointer at %u,%u\n", event[3] >> 8, event[4] >> 8);
		break;
	case 3:
		print("button %u: %u\n", event[4], event[5]);
		break;
	}
}

static void on_keyboard(u32 opcode, const u32 *event)
{
	switch (opcode) {
	case 0:
		on_keymap(event[3]);
		break;
	case 1:
		print("keyboard enters\n");
		break;
	case 3:
		print("key %u: %u\n", event[4], event[5]);
		break;
	}
}

static void on_event(const u32 *event, u32 opcode)
{
	switch (event[0]) {
	case DISPLAY:
		if (opcode == 0) {
			print("error of object %u: %s\n", event[2], (const char *)&event[5]);
			seen.failed = true;
		}
		break;
	case REGISTRY:
		if (opcode == 0)
			on_global(event);
		break;
	case SYNC:
		seen.synced = true;
		break;
	case WM_BASE:
		request1(&connection, WM_BASE, 3, event[2]);
		break;
	case TOPLEVEL:
		if (opcode == 0) {
			seen.width = event[2];
			seen.height = event[3];
		} else if (opcode == 1) {
			seen.closed = true;
		}
		break;
	case XDG_SURFACE:
		request1(&connection, XDG_SURFACE, 4, event[2]);
		seen.configured = true;
		break;
	case FRAME:
		seen.shown = true;
		break;
	case POINTER:
		on_pointer(opcode, event);
		break;
	case KEYBOARD:
		on_keyboard(opcode, event);
		break;
	}
}

/* Takes what came; false when nothing more will. */
static bool pump(void)
{
	const u32 *event;
	u32 opcode, bytes;

	if (!connection_receive(&connection))
		seen.failed = true;
	while ((event = connection_event(&connection, &opcode, &bytes))) {
		on_event(event, opcode);
		connection_done(&connection, bytes);
	}
	return !seen.failed && !connection.hung_up && !seen.closed;
}

#define PUMP_UNTIL(condition) WAIT_FOR(!pump() || (condition), LONG) && (condition)

static bool bind_global(u32 name, const char *interface, u32 version, u32 object)
{
	struct request request;

	request_begin(&request, REGISTRY, 0);
	request_word(&request, name);
	request_text(&request, interface);
	request_word(&request, version);
	request_word(&request, object);
	return request_send(&request, &connection, 0);
}

static bool test_connect(void *subject)
{
	struct wl_new answer;

	(void)subject;
	CHECK(wl_new(&wl, WL_CMD_NEW_CTX, CONTEXT, 0, 0, &answer) == WL_RESP_NEW, "answer 0x%x", answer.type);
	CHECK(answer.flags == (WL_READ | WL_WRITE), "flags 0x%x", answer.flags);
	CHECK(request1(&connection, DISPLAY, 1, REGISTRY) && request1(&connection, DISPLAY, 0, SYNC), "not sent");
	CHECK(PUMP_UNTIL(seen.synced), "no answer");
	CHECK(seen.compositor && seen.shm && seen.wm_base, "something is not there");
	return true;
}

static bool test_surface(void *subject)
{
	struct request request;

	(void)subject;
	CHECK(bind_global(seen.compositor, "wl_compositor", 1, COMPOSITOR) && bind_global(seen.shm, "wl_shm", 1, SHM) &&
		      bind_global(seen.wm_base, "xdg_wm_base", 1, WM_BASE),
	      "not sent");
	CHECK(request1(&connection, COMPOSITOR, 0, SURFACE), "not sent");
	request_begin(&request, WM_BASE, 2);
	request_word(&request, XDG_SURFACE);
	request_word(&request, SURFACE);
	CHECK(request_send(&request, &connection, 0), "not sent");
	/* All of the screen: set_maximized. */
	CHECK(request1(&connection, XDG_SURFACE, 1, TOPLEVEL) && request0(&connection, TOPLEVEL, 9) &&
		      request0(&connection, SURFACE, 6),
	      "not sent");
	CHECK(PUMP_UNTIL(seen.configured), "not configured");
	CHECK(seen.width && seen.height && seen.width <= 1024 && seen.height <= 1024, "%u x %u", seen.width,
	      seen.height);
	return pass("%u x %u", seen.width, seen.height);
}

static void draw(u64 at)
{
	u32 shift = seed() * 40;

	for (u32 y = 0; y < seen.height; y++)
		for (u32 x = 0; x < seen.width; x++, at += 4)
			write32(at, 0xff000000 | ((x + shift) & 0xff) << 16 | ((y + shift) & 0xff) << 8 | ((x ^ y) & 0xff));
}

static bool make_buffer(u32 bytes)
{
	struct request request;

	request_begin(&request, SHM, 0);
	request_word(&request, POOL);
	request_word(&request, bytes);
	if (!request_send(&request, &connection, MEMORY))
		return false;
	request_begin(&request, POOL, 0);
	request_word(&request, BUFFER);
	request_word(&request, 0);
	request_word(&request, seen.width);
	request_word(&request, seen.height);
	request_word(&request, seen.width * 4);
	request_word(&request, FORMAT_XRGB8888);
	return request_send(&request, &connection, 0);
}

static bool test_show(void *subject)
{
	u32 bytes = seen.width * seen.height * 4;
	struct wl_new memory;
	struct request request;

	(void)subject;
	CHECK(wl_new(&wl, WL_CMD_NEW, MEMORY, 0, bytes, &memory) == WL_RESP_NEW, "answer 0x%x", memory.type);
	CHECK(memory.size >= bytes && map_gib(memory.pfn << PAGE_SHIFT), "%u bytes at frame 0x%lx", memory.size,
	      memory.pfn);
	draw(memory.pfn << PAGE_SHIFT);
	CHECK(make_buffer(bytes), "not sent");
	request_begin(&request, SURFACE, 1);
	request_word(&request, BUFFER);
	request_word(&request, 0);
	request_word(&request, 0);
	CHECK(request_send(&request, &connection, 0), "not sent");
	request_begin(&request, SURFACE, 2);
	request_word(&request, 0);
	request_word(&request, 0);
	request_word(&request, seen.width);
	request_word(&request, seen.height);
	CHECK(request_send(&request, &connection, 0), "not sent");
	CHECK(request1(&connection, SURFACE, 3, FRAME) && request0(&connection, SURFACE, 6), "not sent");
	CHECK(PUMP_UNTIL(seen.shown), "not shown");
	return true;
}

/* Until the end of it, whoever makes that. */
static bool test_events(void *subject)
{
	(void)subject;
	if (seen.seat)
		CHECK(bind_global(seen.seat, "wl_seat", 1, SEAT) && request1(&connection, SEAT, 0, POINTER) &&
			      request1(&connection, SEAT, 1, KEYBOARD),
		      "not sent");
	while (pump())
		asm volatile("pause");
	CHECK(!seen.failed, "an error");
	return pass("%s", connection.hung_up ? "the compositor is gone" : "asked to close");
}

static bool test_afterwards(void *subject)
{
	struct wl_new memory;
	u32 answer = wl_send(&wl, CONTEXT, "hello", 4, NULL, 0);

	(void)subject;
	CHECK(answer == (connection.hung_up ? WL_RESP_ERR : WL_RESP_OK), "sending: 0x%x", answer);
	CHECK(wl_close(&wl, CONTEXT) == WL_RESP_OK && wl_close(&wl, MEMORY) == WL_RESP_OK, "not closed");
	CHECK(wl_new(&wl, WL_CMD_NEW, OTHER, 0, 4096, &memory) == WL_RESP_NEW, "no memory");
	return true;
}

static const struct test tests[] = {
	{"connect", test_connect}, {"surface", test_surface},	    {"show", test_show},
	{"events", test_events},   {"afterwards", test_afterwards},
};

void program_main(void)
{
	machine_scan();
	for (u32 index = 0; index < machine.virtio_count; index++) {
		struct virtio *device = &machine.virtio[index];

		if (device->type != VIRTIO_WAYLAND)
			continue;
		report("wayland", "start", wl_start(&wl, device));
		run_tests("wayland", tests, ARRAY_SIZE(tests), NULL);
	}
}

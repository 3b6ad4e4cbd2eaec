/*
 * Shows a pattern on a Wayland compositor of the host, and tells what comes from its pointer and its keyboard, until it
 * is asked to close or the compositor is gone. `seed=N` on the command line chooses the pattern.
 */
#include "boot-info.h"
#include "console.h"
#include "io.h"
#include "machine.h"
#include "paging.h"
#include "seat.h"
#include "test.h"

/* Vfds of ours. */
enum { CONTEXT = 1, MEMORY, PIPE, OTHER };

/* Objects of ours. */
enum object {
	REGISTRY,
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
	OBJECTS,
};

#define WIDTH 160
#define HEIGHT 120
#define FORMAT_XRGB8888 1
#define PAGE_SHIFT 12

/* Many times what a compositor takes to answer. */
#define LONG (PATIENCE * 4)

static struct wl wl;
static struct connection connection = {.wl = &wl, .id = CONTEXT, .last_object = DISPLAY};
static struct seat seat = {.connection = &connection};

/* Their numbers; 0 as long as they are not made. */
static u32 ids[OBJECTS];

static u32 make(enum object object)
{
	return ids[object] = new_object(&connection);
}

static enum object object_of(u32 id)
{
	enum object object = 0;

	while (object < OBJECTS && ids[object] != id)
		object++;
	return object;
}

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

static void on_event(const u32 *event, u32 opcode)
{
	if (event[0] == DISPLAY) {
		if (opcode == 0) {
			print("error of object %u: %s\n", event[2], (const char *)&event[5]);
			seen.failed = true;
		}
		return;
	}
	switch (object_of(event[0])) {
	case REGISTRY:
		if (opcode == 0)
			on_global(event);
		break;
	case SYNC:
		seen.synced = true;
		break;
	case WM_BASE:
		request1(&connection, ids[WM_BASE], 3, event[2]);
		break;
	case TOPLEVEL:
		if (opcode == 0) {
			/* Nothing: as we like. */
			seen.width = event[2] ? event[2] : WIDTH;
			seen.height = event[3] ? event[3] : HEIGHT;
		} else if (opcode == 1) {
			seen.closed = true;
		}
		break;
	case XDG_SURFACE:
		request1(&connection, ids[XDG_SURFACE], 4, event[2]);
		seen.configured = true;
		break;
	case FRAME:
		seen.shown = true;
		break;
	default:
		if (!seat_event(&seat, event, opcode))
			seen.failed = true;
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

static bool bind_global(u32 name, const char *interface, u32 id)
{
	struct request request;

	request_begin(&request, ids[REGISTRY], 0);
	request_word(&request, name);
	request_text(&request, interface);
	request_word(&request, 1);
	request_word(&request, id);
	return request_send(&request, &connection, 0);
}

static bool test_connect(void *subject)
{
	struct wl_new answer;

	(void)subject;
	CHECK(wl_new(&wl, WL_CMD_NEW_CTX, CONTEXT, 0, 0, &answer) == WL_RESP_NEW, "answer 0x%x", answer.type);
	CHECK(answer.flags == (WL_READ | WL_WRITE), "flags 0x%x", answer.flags);
	CHECK(request1(&connection, DISPLAY, 1, make(REGISTRY)) && request1(&connection, DISPLAY, 0, make(SYNC)), "not sent");
	CHECK(PUMP_UNTIL(seen.synced), "no answer");
	CHECK(seen.compositor && seen.shm && seen.wm_base, "something is not there");
	if (!seen.seat)
		return true;
	/* Before there is a window: some compositors tell of the keyboard only when a window gets it. */
	seat.object = new_object(&connection);
	CHECK(bind_global(seen.seat, "wl_seat", seat.object), "no seat");
	CHECK(PUMP_UNTIL(seat.told), "no word of the seat");
	return true;
}

static bool test_surface(void *subject)
{
	struct request request;

	(void)subject;
	CHECK(bind_global(seen.compositor, "wl_compositor", make(COMPOSITOR)) &&
		      bind_global(seen.shm, "wl_shm", make(SHM)) &&
		      bind_global(seen.wm_base, "xdg_wm_base", make(WM_BASE)),
	      "not sent");
	CHECK(request1(&connection, ids[COMPOSITOR], 0, make(SURFACE)), "not sent");
	request_begin(&request, ids[WM_BASE], 2);
	request_word(&request, make(XDG_SURFACE));
	request_word(&request, ids[SURFACE]);
	CHECK(request_send(&request, &connection, 0), "not sent");
	/* All of the screen: set_maximized. */
	CHECK(request1(&connection, ids[XDG_SURFACE], 1, make(TOPLEVEL)) &&
		      request0(&connection, ids[TOPLEVEL], 9) && request0(&connection, ids[SURFACE], 6),
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

	request_begin(&request, ids[SHM], 0);
	request_word(&request, make(POOL));
	request_word(&request, bytes);
	if (!request_send(&request, &connection, MEMORY))
		return false;
	request_begin(&request, ids[POOL], 0);
	request_word(&request, make(BUFFER));
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
	request_begin(&request, ids[SURFACE], 1);
	request_word(&request, ids[BUFFER]);
	request_word(&request, 0);
	request_word(&request, 0);
	CHECK(request_send(&request, &connection, 0), "not sent");
	request_begin(&request, ids[SURFACE], 2);
	request_word(&request, 0);
	request_word(&request, 0);
	request_word(&request, seen.width);
	request_word(&request, seen.height);
	CHECK(request_send(&request, &connection, 0), "not sent");
	CHECK(request1(&connection, ids[SURFACE], 3, make(FRAME)) && request0(&connection, ids[SURFACE], 6), "not sent");
	CHECK(PUMP_UNTIL(seen.shown), "not shown");
	return true;
}

/* As for a clipboard. */
static bool test_pipe(void *subject)
{
	struct wl_new pipe;

	(void)subject;
	CHECK(wl_new(&wl, WL_CMD_NEW_PIPE, PIPE, WL_WRITE, 0, &pipe) == WL_RESP_NEW, "answer 0x%x", pipe.type);
	CHECK(pipe.flags == WL_WRITE, "flags 0x%x", pipe.flags);
	CHECK(wl_send(&wl, PIPE, "some text", 9, NULL, 0) == WL_RESP_OK, "not written");
	CHECK(wl_close(&wl, PIPE) == WL_RESP_OK, "not closed");
	return true;
}

/* Until the end of it, whoever makes that. */
static bool test_events(void *subject)
{
	(void)subject;
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
	{"connect", test_connect}, {"pipe", test_pipe},	    {"surface", test_surface},
	{"show", test_show},	   {"events", test_events}, {"afterwards", test_afterwards},
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

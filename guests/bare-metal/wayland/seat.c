#include "seat.h"

#include "console.h"
#include "io.h"
#include "paging.h"

#define PAGE_SHIFT 12

#define CAPABILITY_POINTER 1
#define CAPABILITY_KEYBOARD 2

static bool make_device(struct seat *seat, u32 opcode, u32 *device)
{
	*device = new_object(seat->connection);
	return request1(seat->connection, seat->object, opcode, *device);
}

static bool on_capabilities(struct seat *seat, u32 capabilities)
{
	bool sound = true;

	seat->told = true;
	if ((capabilities & CAPABILITY_POINTER) && !seat->pointer)
		sound = make_device(seat, 0, &seat->pointer);
	if ((capabilities & CAPABILITY_KEYBOARD) && !seat->keyboard)
		sound = make_device(seat, 1, &seat->keyboard) && sound;
	return sound;
}

/* The keymap comes as memory of the host's. All of it is read: FNV-1a, 32 bits. */
static bool on_keymap(struct connection *connection, u32 size)
{
	const struct wl_new vfd = connection->vfds[0];
	u64 at = vfd.pfn << PAGE_SHIFT;
	u32 hash = 2166136261u;

	if (connection->vfd_count == 0 || !vfd.pfn || vfd.size < size || !map_gib(at)) {
		print("keymap: %u vfds, frame 0x%lx, %u bytes of %u\n", connection->vfd_count, vfd.pfn, vfd.size, size);
		return false;
	}
	for (u32 index = 0; index < size; index++)
		hash = (hash ^ read8(at + index)) * 16777619u;
	print("keymap of %u bytes, 0x%x\n", size, hash);
	connection_drop_vfd(connection);
	return wl_close(connection->wl, vfd.id) == WL_RESP_OK;
}

static void on_pointer(const u32 *event, u32 opcode)
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

static bool on_keyboard(struct connection *connection, const u32 *event, u32 opcode)
{
	switch (opcode) {
	case 0:
		return on_keymap(connection, event[3]);
	case 1:
		print("keyboard enters\n");
		break;
	case 3:
		print("key %u: %u\n", event[4], event[5]);
		break;
	}
	return true;
}

bool seat_event(struct seat *seat, const u32 *event, u32 opcode)
{
	if (event[0] == 0)
		return false;
	if (event[0] == seat->object)
		return opcode != 0 || on_capabilities(seat, event[2]);
	if (event[0] == seat->pointer)
		on_pointer(event, opcode);
	else if (event[0] == seat->keyboard)
		return on_keyboard(seat->connection, event, opcode);
	return true;
}

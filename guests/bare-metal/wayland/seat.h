/* A seat of the compositor: what comes from its pointer and its keyboard is printed. Source: wayland.xml. */
#ifndef SEAT_H
#define SEAT_H

#include "wire.h"

struct seat {
	struct connection *connection;
	/* Objects, 0 as long as there is none. */
	u32 object;
	u32 pointer;
	u32 keyboard;
	/* It was said what it has. */
	bool told;
};

/* Looks at an event. False if something was not as it must be. */
bool seat_event(struct seat *seat, const u32 *event, u32 opcode);
#endif

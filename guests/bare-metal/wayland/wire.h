/* Wayland's wire format, and one connection. Source: the Wayland protocol, "Wire Format"; wayland.xml, xdg-shell.xml. */
#ifndef WIRE_H
#define WIRE_H

#include "wl.h"

#define DISPLAY 1

/* Most vfds that came and were not taken. */
#define MAX_WAITING 8

/* A connection to a compositor, as the vfd `id` of the device. */
struct connection {
	struct wl *wl;
	u32 id;
	bool hung_up;
	/* Made last: a compositor takes no others than the next one. */
	u32 last_object;
	/* What came, and was not looked at yet. */
	u8 bytes[4 * WL_BUFFER_BYTES];
	u32 length;
	/* Vfds that came: as told, oldest first. */
	struct wl_new vfds[MAX_WAITING];
	u32 vfd_count;
};

/* A request that is put together. */
struct request {
	u32 words[64];
	u32 count;
};

/* The number of an object that is to be made by the next request. */
u32 new_object(struct connection *connection);

void request_begin(struct request *request, u32 object, u32 opcode);
void request_word(struct request *request, u32 word);
void request_text(struct request *request, const char *text);
/* Sends it, with a vfd unless that is 0. */
bool request_send(struct request *request, struct connection *connection, u32 vfd);

/* Requests of words only. */
bool request1(struct connection *connection, u32 object, u32 opcode, u32 word);
bool request0(struct connection *connection, u32 object, u32 opcode);

/* Takes what the device has told, if anything. False if it told what it must not. */
bool connection_receive(struct connection *connection);

/* The next event: where its words are, the first being the object. NULL if there is none that is complete. */
const u32 *connection_event(struct connection *connection, u32 *opcode, u32 *bytes);
/* It was looked at. */
void connection_done(struct connection *connection, u32 bytes);
/* The oldest vfd was taken. */
void connection_drop_vfd(struct connection *connection);
#endif

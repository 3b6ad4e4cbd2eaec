/* What a hostile driver does with Wayland, each time from a device that was started anew. */
#ifndef ATTACKS_H
#define ATTACKS_H

#include "test.h"
#include "wl.h"

extern struct wl wl;

/* Names of compositors: one that reads nothing, one that hangs up at once. The one without a name is a real one. */
#define MUTE "mute"
#define CLOSING "closing"

/* Most vfds of a device. */
#define MOST_VFDS 400

/* Commands, and the types of their answers. */
u32 new_memory(u32 id, u32 size);
u32 new_pipe(u32 id, u32 flags);
u32 new_context(u32 id, const char *name);
u32 close_vfd(u32 id);
/* Some bytes, with `count` times the vfd. */
u32 send_some(u32 id, u32 vfd, u32 count);

/* A command that is put together by hand: `length` bytes of it are sent, and `room` are for the answer. */
extern u8 command[WL_BUFFER_BYTES];
u32 send_command(u32 length, u32 room);

/* Whether a type is one that an answer can have. */
bool is_answer(u32 type);

/* Resets the device, and starts it. */
bool restart(void);

/* Waits until the device tells something of a type. */
bool wait_told(u32 type);

bool attack_counts(void *subject);
bool attack_ids(void *subject);
bool attack_sizes(void *subject);
bool attack_long(void *subject);
bool attack_many(void *subject);
bool attack_closed(void *subject);
bool attack_full(void *subject);
bool attack_cuts(void *subject);
bool attack_types(void *subject);
bool attack_resets(void *subject);
#endif

/* Messages that say what is not so. */
#include "attacks.h"

#define CONTEXT 1
#define MEMORY 2

static bool prepare(void)
{
	return new_context(CONTEXT, MUTE) == WL_RESP_NEW && new_memory(MEMORY, 4096) == WL_RESP_NEW;
}

/* A message with `there` vfds, which says that it has `said`. */
static u32 send_count(u32 type, u32 said, u32 there)
{
	const struct wl_transfer head = {.type = type, .id = CONTEXT, .count = said};
	u32 *at = (u32 *)(command + sizeof(head));

	memcpy(command, &head, sizeof(head));
	for (u32 index = 0; index < there; index++) {
		if (type == WL_CMD_SEND_FOREIGN_ID)
			*at++ = 0;
		*at++ = MEMORY;
	}
	*at++ = 0;
	return send_command((u32)((u8 *)at - command), 8);
}

bool attack_counts(void *subject)
{
	static const u32 types[] = {WL_CMD_SEND, WL_CMD_SEND_FOREIGN_ID};
	static const u32 counts[] = {29, 30, 255, 0x10000, 0x20000000, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)subject;
	CHECK(prepare(), "cannot begin");
	for (u32 type = 0; type < ARRAY_SIZE(types); type++) {
		for (u32 index = 0; index < ARRAY_SIZE(counts); index++) {
			u32 answer = send_count(types[type], counts[index], 100);

			CHECK(answer == WL_RESP_INVALID_CMD, "%u vfds: 0x%x", counts[index], answer);
		}
		CHECK(send_count(types[type], WL_MAX_VFDS, 2) == WL_RESP_INVALID_CMD, "less than it says");
		CHECK(send_count(types[type], WL_MAX_VFDS, WL_MAX_VFDS) == WL_RESP_OK, "as many as there may be");
	}
	return true;
}

bool attack_ids(void *subject)
{
	static const u32 none[] = {0, 7, 0x3fffffff, 0x40000000, 0x40000001, 0x7fffffff, 0x80000000, 0xffffffff};
	static const u32 not_ours[] = {0, CONTEXT, MEMORY, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)subject;
	CHECK(prepare(), "cannot begin");
	for (u32 index = 0; index < ARRAY_SIZE(none); index++) {
		u32 id = none[index];

		CHECK(close_vfd(id) == WL_RESP_INVALID_ID, "0x%x: closed", id);
		CHECK(send_some(id, 0, 0) == WL_RESP_INVALID_ID, "0x%x: sent to", id);
		CHECK(send_some(CONTEXT, id, 1) == WL_RESP_INVALID_ID, "0x%x: sent", id);
	}
	for (u32 index = 0; index < ARRAY_SIZE(not_ours); index++) {
		u32 id = not_ours[index];

		CHECK(new_memory(id, 4096) == WL_RESP_INVALID_ID, "0x%x: memory", id);
		CHECK(new_pipe(id, WL_READ) == WL_RESP_INVALID_ID, "0x%x: a pipe", id);
		CHECK(new_context(id, MUTE) == WL_RESP_INVALID_ID, "0x%x: a connection", id);
	}
	CHECK(new_context(3, "nobody") == WL_RESP_INVALID_ID, "a name that nobody has");
	CHECK(send_some(MEMORY, 0, 0) == WL_RESP_INVALID_TYPE, "sent to memory");
	CHECK(close_vfd(MEMORY) == WL_RESP_OK && close_vfd(MEMORY) == WL_RESP_INVALID_ID, "closed twice");
	CHECK(new_pipe(MEMORY, WL_READ) == WL_RESP_NEW, "an id that is free again");
	return true;
}

/* Every command, with what it needs to be a good one. */
static u32 make_command(u32 which)
{
	struct wl_new new = {.id = 10, .size = 4096};
	const struct wl_transfer transfer = {.type = WL_CMD_SEND, .id = CONTEXT, .count = 2};
	static const u32 types[] = {WL_CMD_NEW, WL_CMD_NEW_CTX, WL_CMD_NEW_CTX_NAMED, WL_CMD_NEW_PIPE};
	const u32 vfds[] = {MEMORY, MEMORY, 0};
	const struct wl_about about = {.type = WL_CMD_CLOSE, .id = 10};

	if (which < ARRAY_SIZE(types)) {
		new.type = types[which];
		new.flags = new.type == WL_CMD_NEW_PIPE ? WL_READ : 0;
		memcpy(new.more, MUTE, sizeof(MUTE));
		memcpy(command, &new, sizeof(new));
		return sizeof(new);
	}
	if (which == ARRAY_SIZE(types)) {
		memcpy(command, &transfer, sizeof(transfer));
		memcpy(command + sizeof(transfer), vfds, sizeof(vfds));
		return sizeof(transfer) + sizeof(vfds);
	}
	if (which == ARRAY_SIZE(types) + 1) {
		memcpy(command, &about, sizeof(about));
		return sizeof(about);
	}
	return 0;
}

bool attack_cuts(void *subject)
{
	u32 cuts = 0;
	u32 bytes;

	(void)subject;
	CHECK(prepare(), "cannot begin");
	for (u32 which = 0; (bytes = make_command(which)); which++)
		for (u32 length = 0; length <= bytes; length++, cuts++) {
			u32 answer = send_command(length, sizeof(struct wl_new));

			CHECK(is_answer(answer), "%u of %u bytes of 0x%x: 0x%x", length, bytes, *(u32 *)command, answer);
			CHECK(length >= 12 || answer == WL_RESP_INVALID_CMD, "%u bytes are enough", length);
			if (answer == WL_RESP_NEW)
				CHECK(close_vfd(10) == WL_RESP_OK, "not closed");
		}
	/* Answers that do not fit. */
	for (u32 room = 0; room < 32; room++, cuts++) {
		make_command(0);
		send_command(sizeof(struct wl_new), room);
		CHECK(close_vfd(10) == WL_RESP_OK, "not made, with room for %u", room);
	}
	return pass("%u", cuts);
}

bool attack_types(void *subject)
{
	(void)subject;
	CHECK(prepare(), "cannot begin");
	for (u32 type = 0xf0; type <= 0x1110; type = type == 0x110 ? 0xff0 : type + 1) {
		bool known = (type >= WL_CMD_NEW && type <= WL_CMD_SEND) || type == WL_CMD_NEW_CTX ||
			     type == WL_CMD_NEW_PIPE || type == WL_CMD_SEND_FOREIGN_ID || type == WL_CMD_NEW_CTX_NAMED;
		u32 answer;

		memset(command, 0xff, sizeof(struct wl_new));
		memcpy(command, &type, sizeof(type));
		answer = send_command(sizeof(struct wl_new), sizeof(struct wl_new));
		CHECK(is_answer(answer) && answer >= WL_RESP_ERR, "0x%x: 0x%x", type, answer);
		CHECK(known || answer == WL_RESP_INVALID_CMD, "0x%x: 0x%x", type, answer);
	}
	return true;
}

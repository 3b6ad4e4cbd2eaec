/* More of everything than there is. */
#include "attacks.h"

#include "io.h"
#include "paging.h"

#define CONTEXT 1

#define PAGE 4096
#define PAGE_SHIFT 12
#define GIB (1u << 30)
#define LARGE_BYTES (8u << 20)

bool attack_sizes(void *subject)
{
	static const u32 too_much[] = {GIB + 1, GIB + PAGE, 0x80000000, 0xfffff000, 0xffffffff};

	(void)subject;
	CHECK(new_memory(2, 0) == WL_RESP_INVALID_TYPE, "nothing");
	/* Terabytes, taken together. */
	for (u32 times = 0; times < 300; times++)
		for (u32 index = 0; index < ARRAY_SIZE(too_much); index++) {
			u32 answer = new_memory(2, too_much[index]);

			CHECK(answer == WL_RESP_OUT_OF_MEMORY, "0x%x bytes: 0x%x", too_much[index], answer);
		}
	CHECK(new_memory(2, GIB) == WL_RESP_NEW, "as much as there may be");
	CHECK(new_memory(3, 1) == WL_RESP_OUT_OF_MEMORY, "more than there may be");
	CHECK(close_vfd(2) == WL_RESP_OK && new_memory(3, 1) == WL_RESP_NEW, "a page that is free again");
	return true;
}

/* Messages that are longer than the guest's memory, or long because they name the same memory often. */
bool attack_long(void *subject)
{
	const struct wl_transfer head = {.type = WL_CMD_SEND, .id = CONTEXT};
	struct buffer often[QUEUE_SIZE];
	static volatile u32 answer;
	const struct buffer beyond[] = {
		{command, sizeof(head), false},
		{command, 0xffffffff, false},
		{&answer, sizeof(answer), true},
	};

	(void)subject;
	CHECK(new_context(CONTEXT, MUTE) == WL_RESP_NEW, "no connection");
	memcpy(command, &head, sizeof(head));
	often[0] = beyond[0];
	for (u32 index = 1; index + 1 < QUEUE_SIZE; index++)
		often[index] = (struct buffer){NULL, LARGE_BYTES, false};
	often[QUEUE_SIZE - 1] = beyond[2];
	CHECK(queue_request(&wl.out, often, QUEUE_SIZE, NULL) && answer == WL_RESP_OUT_OF_MEMORY, "often: 0x%x", answer);
	queue_chain(&wl.out, 0, beyond, ARRAY_SIZE(beyond));
	queue_offer(&wl.out, 0);
	queue_kick(&wl.out);
	CHECK(WAIT_FOR(virtio_needs_reset(wl.device), PATIENCE), "no reset is asked for");
	return true;
}

bool attack_many(void *subject)
{
	u32 made = 0;

	(void)subject;
	for (u32 id = 1; id <= 3000; id++) {
		u32 answer = new_pipe(id, id % 2 ? WL_READ : WL_WRITE);

		CHECK(answer == (id <= MOST_VFDS ? WL_RESP_NEW : WL_RESP_OUT_OF_MEMORY), "pipe %u: 0x%x", id, answer);
		made += answer == WL_RESP_NEW;
	}
	CHECK(new_memory(5000, PAGE) == WL_RESP_OUT_OF_MEMORY, "one of another kind");
	for (u32 id = 1; id <= MOST_VFDS; id++)
		CHECK(close_vfd(id) == WL_RESP_OK, "pipe %u is not closed", id);
	for (u32 id = 1; id <= MOST_VFDS; id++) {
		struct wl_new memory;

		CHECK(wl_new(&wl, WL_CMD_NEW, id, 0, PAGE, &memory) == WL_RESP_NEW, "memory %u: 0x%x", id, memory.type);
		CHECK(map_gib(memory.pfn << PAGE_SHIFT), "frame 0x%lx", memory.pfn);
		CHECK(read32(memory.pfn << PAGE_SHIFT) == 0, "memory %u is not empty", id);
		write32(memory.pfn << PAGE_SHIFT, id);
		/* Also in the place of one that is gone. */
		if (id % 4 == 0)
			CHECK(close_vfd(id) == WL_RESP_OK && new_memory(id, PAGE) == WL_RESP_NEW, "memory %u", id);
	}
	CHECK(new_memory(5000, PAGE) == WL_RESP_OUT_OF_MEMORY, "one more");
	return pass("%u", made);
}

bool attack_closed(void *subject)
{
	(void)subject;
	for (u32 times = 0; times < 20; times++) {
		CHECK(new_context(CONTEXT, CLOSING) == WL_RESP_NEW && new_pipe(2, WL_WRITE) == WL_RESP_NEW &&
			      new_memory(3, PAGE) == WL_RESP_NEW,
		      "cannot begin");
		/* Either: it may not have hung up yet. */
		CHECK(is_answer(send_some(CONTEXT, 2, 1)), "with the other end of a pipe");
		CHECK(wait_told(WL_CMD_HUP), "it does not hang up");
		for (u32 again = 0; again < 5; again++)
			CHECK(send_some(CONTEXT, 3, again) == WL_RESP_ERR, "sent to nobody");
		CHECK(is_answer(send_some(2, 0, 0)), "into the pipe");
		for (u32 id = CONTEXT; id <= 3; id++)
			CHECK(close_vfd(id) == WL_RESP_OK, "%u is not closed", id);
	}
	return true;
}

/* Sends until the device has no answer, for nobody reads. */
bool attack_full(void *subject)
{
	const struct wl_transfer head = {.type = WL_CMD_SEND, .id = CONTEXT};
	u32 sent = 0;

	(void)subject;
	CHECK(new_context(CONTEXT, MUTE) == WL_RESP_NEW, "no connection");
	memcpy(command, &head, sizeof(head));
	for (; sent < 10000; sent++) {
		const struct buffer message = {command, sizeof(command), false};

		queue_chain(&wl.out, 0, &message, 1);
		queue_offer(&wl.out, 0);
		queue_kick(&wl.out);
		if (!WAIT_FOR(queue_has_used(&wl.out), 16 * A_MOMENT))
			break;
		queue_wait(&wl.out, NULL, NULL);
	}
	CHECK(sent < 10000 && !virtio_needs_reset(wl.device), "it takes everything");
	return true;
}

/* Commands of which nobody waits for the answers. */
bool attack_resets(void *subject)
{
	(void)subject;
	for (u32 times = 0; times < 30; times++) {
		struct wl_new new = {.type = times % 2 ? WL_CMD_NEW : WL_CMD_NEW_CTX, .id = 3, .size = LARGE_BYTES};

		CHECK(new_context(CONTEXT, MUTE) == WL_RESP_NEW && new_memory(2, PAGE) == WL_RESP_NEW, "cannot begin");
		queue_chain(&wl.out, 0, &(struct buffer){&new, sizeof(new), false}, 1);
		queue_offer(&wl.out, 0);
		queue_kick(&wl.out);
		CHECK(restart(), "does not start again, %u", times);
	}
	return true;
}

/* Every serial port that there is, looped back to itself. The console's own is quiet meanwhile. */
#include "selftest.h"

#include "console.h"
#include "io.h"
#include "test.h"

#define DATA 0
#define INTERRUPTS 1
#define FIFO 2
#define LINE_CONTROL 3
#define MODEM_CONTROL 4
#define LINE_STATUS 5
#define MODEM_STATUS 6
#define SCRATCH 7

#define EIGHT_BITS 0x03
#define FIFO_ON_AND_CLEAR 0x07
#define LOOP_ALL_LINES 0x1f
#define ALL_LINES 0xf0
#define RECEIVED 0x01
#define IDLE 0x60

static bool loop_back(u16 base)
{
	static const u8 sent[] = {0x00, 0x55, 0xaa, 0xff};

	for (u32 index = 0; index < sizeof(sent); index++) {
		u8 got;

		outb(base + DATA, sent[index]);
		CHECK(WAIT_FOR(inb(base + LINE_STATUS) & RECEIVED, PATIENCE), "0x%x does not come back", sent[index]);
		got = inb(base + DATA);
		CHECK(got == sent[index], "0x%x comes back as 0x%x", sent[index], got);
	}
	CHECK((inb(base + MODEM_STATUS) & ALL_LINES) == ALL_LINES, "modem lines are not looped");
	return true;
}

static bool test_port(void *subject)
{
	u16 base = *(const u16 *)subject;
	u8 before;
	bool ok;

	outb(base + SCRATCH, 0x5a);
	CHECK(inb(base + SCRATCH) == 0x5a, "its scratch register keeps nothing");
	outb(base + LINE_CONTROL, EIGHT_BITS);
	outb(base + FIFO, FIFO_ON_AND_CLEAR);
	CHECK(WAIT_FOR((inb(base + LINE_STATUS) & IDLE) == IDLE, PATIENCE), "it sends for ever");
	before = inb(base + MODEM_CONTROL);
	outb(base + MODEM_CONTROL, LOOP_ALL_LINES);
	ok = loop_back(base);
	outb(base + MODEM_CONTROL, before);
	return ok;
}

static bool is_there(u16 base)
{
	outb(base + SCRATCH, 0xa5);
	return inb(base + SCRATCH) == 0xa5;
}

void test_serial(void)
{
	static const u16 bases[] = {COM1, 0x2f8, 0x3e8, 0x2e8};
	static const char *const names[] = {"com1", "com2", "com3", "com4"};

	for (u32 index = 0; index < ARRAY_SIZE(bases); index++) {
		const struct test test = {names[index], test_port};
		u16 base = bases[index];

		if (is_there(base))
			run_tests("", &test, 1, &base);
	}
}

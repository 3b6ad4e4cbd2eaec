/* What every PC has. */
#include "selftest.h"

#include "acpi.h"
#include "boot-info.h"
#include "io.h"
#include "test.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_STATUS_A 0x0a
#define CMOS_STATUS_B 0x0b
#define CMOS_STATUS_D 0x0d
#define CMOS_UPDATING 0x80
#define CMOS_BINARY 0x04
#define CMOS_VALID 0x80
/* Memory that neither firmware nor the clock uses. */
#define CMOS_FREE 0x70

#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND 0x43
#define PIT_LATCH_2 0x80
#define PIT_MODE_0_OF_2 0xb0
#define SYSTEM_CONTROL 0x61
#define TIMER_2_GATE 0x01
#define TIMER_2_OUTPUT 0x20

#define I8042_DATA 0x60
#define I8042_COMMAND 0x64
#define I8042_OUTPUT_FULL 0x01
#define I8042_SELF_TEST 0xaa
#define I8042_SELF_TEST_PASSED 0x55

#define FADT_PM_TIMER 76

static bool test_boot(void *subject)
{
	(void)subject;
	CHECK(boot_info.memory_end > 0x1000000, "memory ends at 0x%lx", boot_info.memory_end);
	return pass("%lu MiB", boot_info.memory_end >> 20);
}

static bool test_acpi(void *subject)
{
	static const char *const tables[] = {"FACP", "APIC", "DSDT"};
	u16 port, value;

	(void)subject;
	CHECK(acpi_present(), "no root pointer");
	for (u32 index = 0; index < ARRAY_SIZE(tables); index++)
		CHECK(acpi_find(tables[index]), "no sound table %s", tables[index]);
	CHECK(acpi_soft_off(&port, &value), "the tables do not say how to switch off");
	return pass("soft off is 0x%x to port 0x%x", value, port);
}

static u8 cmos_read(u8 index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static void cmos_write(u8 index, u8 value)
{
	outb(CMOS_INDEX, index);
	outb(CMOS_DATA, value);
}

static u32 cmos_number(u8 index)
{
	u8 value = cmos_read(index);

	return cmos_read(CMOS_STATUS_B) & CMOS_BINARY ? value : (value >> 4) * 10u + (value & 15);
}

static bool test_cmos(void *subject)
{
	u32 second, minute, hour, day, month;
	u8 before = cmos_read(CMOS_FREE), other = before ^ 0xff;
	bool kept;

	(void)subject;
	CHECK(cmos_read(CMOS_STATUS_D) & CMOS_VALID, "its memory is not valid");
	CHECK(WAIT_FOR(!(cmos_read(CMOS_STATUS_A) & CMOS_UPDATING), PATIENCE), "it is updated for ever");
	second = cmos_number(0);
	minute = cmos_number(2);
	hour = cmos_number(4);
	day = cmos_number(7);
	month = cmos_number(8);
	CHECK(second < 60 && minute < 60 && hour < 24, "it is %u:%u:%u", hour, minute, second);
	CHECK(day >= 1 && day <= 31 && month >= 1 && month <= 12, "it is day %u of month %u", day, month);
	cmos_write(CMOS_FREE, other);
	kept = cmos_read(CMOS_FREE) == other;
	cmos_write(CMOS_FREE, before);
	CHECK(kept, "its memory keeps nothing");
	return true;
}

static u16 pit_count(void)
{
	u8 low;

	outb(PIT_COMMAND, PIT_LATCH_2);
	low = inb(PIT_CHANNEL_2);
	return (u16)(low | inb(PIT_CHANNEL_2) << 8);
}

static bool test_pit(void *subject)
{
	u16 first;

	(void)subject;
	outb(SYSTEM_CONTROL, (inb(SYSTEM_CONTROL) & ~3) | TIMER_2_GATE);
	outb(PIT_COMMAND, PIT_MODE_0_OF_2);
	outb(PIT_CHANNEL_2, 0x00);
	outb(PIT_CHANNEL_2, 0x10);
	first = pit_count();
	CHECK(WAIT_FOR(pit_count() != first, PATIENCE), "it stands at %u", first);
	CHECK(WAIT_FOR(inb(SYSTEM_CONTROL) & TIMER_2_OUTPUT, PATIENCE), "it never ends");
	return true;
}

static bool test_i8042(void *subject)
{
	u8 answer;

	(void)subject;
	for (u32 left = 16; left > 0 && inb(I8042_COMMAND) & I8042_OUTPUT_FULL; left--)
		inb(I8042_DATA);
	outb(I8042_COMMAND, I8042_SELF_TEST);
	CHECK(WAIT_FOR(inb(I8042_COMMAND) & I8042_OUTPUT_FULL, PATIENCE), "no answer to its self-test");
	answer = inb(I8042_DATA);
	CHECK(answer == I8042_SELF_TEST_PASSED, "its self-test says 0x%x", answer);
	return true;
}

static bool test_pm_timer(void *subject)
{
	const struct acpi_table *fadt = acpi_find("FACP");
	u32 port = 0, first;

	(void)subject;
	if (fadt)
		memcpy(&port, (const u8 *)fadt + FADT_PM_TIMER, sizeof(port));
	if (!port)
		return pass("there is none");
	first = inl((u16)port);
	CHECK(WAIT_FOR(inl((u16)port) != first, PATIENCE), "it stands still");
	return pass("port 0x%x", port);
}

static bool test_empty_port(void *subject)
{
	(void)subject;
	outb(0x2f0, 0x55);
	CHECK(inb(0x2f0) == 0xff && inw(0x2f0) == 0xffff && inl(0x2f0) == 0xffffffff, "somebody answers");
	return true;
}

static const struct test tests[] = {
	{"boot", test_boot},
	{"acpi", test_acpi},
	{"cmos", test_cmos},
	{"pit", test_pit},
	{"i8042", test_i8042},
	{"pm-timer", test_pm_timer},
	{"empty-port", test_empty_port},
};

void test_platform(void)
{
	run_tests("", tests, ARRAY_SIZE(tests), NULL);
}

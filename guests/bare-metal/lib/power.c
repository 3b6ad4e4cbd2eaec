#include "power.h"

#include "acpi.h"
#include "console.h"
#include "io.h"

#define I8042_COMMAND 0x64
#define PULSE_RESET 0xfe

void power_off(void)
{
	u16 port, value;

	if (acpi_soft_off(&port, &value)) {
		outw(port, value);
		/* QEMU's main loop ends the machine a little later. */
		WAIT_FOR(false, PATIENCE);
	}
	print("cannot switch off: resetting\n");
	outb(I8042_COMMAND, PULSE_RESET);
	for (;;)
		asm volatile("hlt");
}

#ifndef POWER_H
#define POWER_H

/* Switches the machine off by ACPI; where that does nothing, resets it by the keyboard controller. */
void power_off(void) __attribute__((noreturn));
#endif

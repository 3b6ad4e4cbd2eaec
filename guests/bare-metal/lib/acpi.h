/* ACPI tables, as far as they are needed to check them and to switch off. */
#ifndef ACPI_H
#define ACPI_H

#include "types.h"

struct acpi_table {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem[6];
	char oem_table[8];
	u32 oem_revision;
	u32 creator;
	u32 creator_revision;
} PACKED;

/* The table with that signature whose checksum is right, or NULL; "DSDT" too. */
const struct acpi_table *acpi_find(const char *signature);

/* Whether there is an RSDP with a right checksum. */
bool acpi_present(void);

/* How to switch off: the port of PM1a control and what to write; false where the tables do not say. */
bool acpi_soft_off(u16 *port, u16 *value);
#endif

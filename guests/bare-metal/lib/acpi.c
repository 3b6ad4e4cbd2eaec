#include "acpi.h"

#include "boot-info.h"

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
} PACKED;

/* ACPI 6.5, 5.2.5.3: so much of it has been there since ACPI 1.0. */
#define OLD_RSDP_BYTES 20

/* Offsets in the FADT: ACPI 6.5, 5.2.9. */
#define FADT_DSDT 40
#define FADT_PM1A_CONTROL 64
#define FADT_X_DSDT 140

#define SLEEP_ENABLE 0x2000
#define SLEEP_TYPE_SHIFT 10

/* AML opcodes. */
#define AML_ZERO 0x00
#define AML_ONE 0x01
#define AML_BYTE 0x0a
#define AML_PACKAGE 0x12

static bool sums_to_zero(const void *bytes, u32 count)
{
	const u8 *at = bytes;
	u8 sum = 0;

	while (count--)
		sum += *at++;
	return sum == 0;
}

static const struct rsdp *find_rsdp(void)
{
	const struct rsdp *rsdp = (const void *)(uintptr_t)boot_info.rsdp;

	if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(rsdp, OLD_RSDP_BYTES))
		return NULL;
	return rsdp;
}

bool acpi_present(void)
{
	return find_rsdp() != NULL;
}

static u64 load(const void *at, u32 bytes)
{
	u64 value = 0;

	memcpy(&value, at, bytes);
	return value;
}

static const struct acpi_table *sound(u64 address, const char *signature)
{
	const struct acpi_table *table = (const void *)(uintptr_t)address;

	if (!table || memcmp(table->signature, signature, 4) != 0 || table->length < sizeof(*table) ||
	    !sums_to_zero(table, table->length))
		return NULL;
	return table;
}

/* In the RSDT or XSDT, whose entries have 4 or 8 bytes. */
static const struct acpi_table *find_in(const struct acpi_table *root, u32 entry_bytes, const char *signature)
{
	const u8 *entry = (const u8 *)root + sizeof(*root);
	const u8 *end = (const u8 *)root + root->length;

	for (; entry + entry_bytes <= end; entry += entry_bytes) {
		const struct acpi_table *table = sound(load(entry, entry_bytes), signature);

		if (table)
			return table;
	}
	return NULL;
}

static const struct acpi_table *find_dsdt(void)
{
	const struct acpi_table *fadt = acpi_find("FACP");
	u64 address = 0;

	if (!fadt)
		return NULL;
	if (fadt->length >= FADT_X_DSDT + 8)
		address = load((const u8 *)fadt + FADT_X_DSDT, 8);
	if (!address)
		address = load((const u8 *)fadt + FADT_DSDT, 4);
	return sound(address, "DSDT");
}

const struct acpi_table *acpi_find(const char *signature)
{
	const struct rsdp *rsdp = find_rsdp();
	const struct acpi_table *root;

	if (!rsdp)
		return NULL;
	if (memcmp(signature, "DSDT", 4) == 0)
		return find_dsdt();
	root = rsdp->revision >= 2 ? sound(rsdp->xsdt, "XSDT") : NULL;
	if (root)
		return find_in(root, 8, signature);
	root = sound(rsdp->rsdt, "RSDT");
	return root ? find_in(root, 4, signature) : NULL;
}

/* The first element of the package that is called _S5_: SLP_TYP of the soft-off state. ACPI 6.5, 7.4.2.6. */
static int sleep_type(const struct acpi_table *dsdt)
{
	const u8 *at = (const u8 *)dsdt + sizeof(*dsdt);
	const u8 *end = (const u8 *)dsdt + dsdt->length - 8;

	for (; at < end; at++) {
		/* Name, package, its length in one byte, the number of elements. */
		if (load(at, 4) != 0x5f35535f || at[4] != AML_PACKAGE)
			continue;
		switch (at[7]) {
		case AML_ZERO:
		case AML_ONE:
			return at[7];
		case AML_BYTE:
			return at[8];
		}
	}
	return -1;
}

bool acpi_soft_off(u16 *port, u16 *value)
{
	const struct acpi_table *fadt = acpi_find("FACP");
	const struct acpi_table *dsdt = acpi_find("DSDT");
	int type;

	if (!fadt || !dsdt)
		return false;
	type = sleep_type(dsdt);
	*port = (u16)load((const u8 *)fadt + FADT_PM1A_CONTROL, 4);
	*value = (u16)(SLEEP_ENABLE | type << SLEEP_TYPE_SHIFT);
	return type >= 0 && *port != 0;
}

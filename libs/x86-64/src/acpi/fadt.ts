import { addr64, bytes, type GuestAddress, struct, u16, u32, u8 } from '@crosvm/data-model';

import { ascii } from '../bytes';
import {
  I8042_COMMAND_PORT,
  I8042_RESET_COMMAND,
  PM1A_CONTROL_LENGTH,
  PM1A_CONTROL_PORT,
  PM1A_EVENT_LENGTH,
  PM1A_EVENT_PORT,
  RTC_CENTURY,
  SCI_IRQ,
} from '../layout';
import { OEM_ID, table } from './table';

/** ACPI 6.3, 5.2.3.2. Packed: at odd offsets in the FADT. */
const acpi_generic_address = struct(
  'acpi_generic_address',
  { space_id: u8, bit_width: u8, bit_offset: u8, access_width: u8, address: addr64 },
  { packed: true },
);

/** ACPI 6.3, 5.2.9, behind the header. Packed: its authors counted bytes. */
const acpi_table_fadt = struct(
  'acpi_table_fadt',
  {
    facs: u32,
    dsdt: u32,
    model: u8,
    preferred_profile: u8,
    sci_interrupt: u16,
    smi_command: u32,
    acpi_enable: u8,
    acpi_disable: u8,
    s4_bios_request: u8,
    pstate_control: u8,
    pm1a_event_block: u32,
    pm1b_event_block: u32,
    pm1a_control_block: u32,
    pm1b_control_block: u32,
    pm2_control_block: u32,
    pm_timer_block: u32,
    gpe0_block: u32,
    gpe1_block: u32,
    pm1_event_length: u8,
    pm1_control_length: u8,
    pm2_control_length: u8,
    pm_timer_length: u8,
    gpe0_block_length: u8,
    gpe1_block_length: u8,
    gpe1_base: u8,
    cst_control: u8,
    c2_latency: u16,
    c3_latency: u16,
    flush_size: u16,
    flush_stride: u16,
    duty_offset: u8,
    duty_width: u8,
    day_alarm: u8,
    month_alarm: u8,
    century: u8,
    boot_flags: u16,
    reserved: u8,
    flags: u32,
    reset_register: acpi_generic_address,
    reset_value: u8,
    arm_boot_flags: u16,
    minor_revision: u8,
    Xfacs: addr64,
    Xdsdt: addr64,
    xpm1a_event_block: acpi_generic_address,
    xpm1b_event_block: acpi_generic_address,
    xpm1a_control_block: acpi_generic_address,
    xpm1b_control_block: acpi_generic_address,
    xpm2_control_block: acpi_generic_address,
    xpm_timer_block: acpi_generic_address,
    xgpe0_block: acpi_generic_address,
    xgpe1_block: acpi_generic_address,
    sleep_control: acpi_generic_address,
    sleep_status: acpi_generic_address,
    hypervisor_id: bytes(8),
  },
  { packed: true },
);

const FADT_REVISION = 6;
const FADT_MINOR_REVISION = 3;

const IO_SPACE = 1;
const BYTE_ACCESS = 1;
const WORD_ACCESS = 2;

/** Latencies above these say that there are no C2 and C3 states. */
const NO_C2_LATENCY = 101;
const NO_C3_LATENCY = 1001;

/** IAPC_BOOT_ARCH: devices on an ISA bus exist (the serial ports). */
const ACPI_FADT_LEGACY_DEVICES = 1 << 0;
/** IAPC_BOOT_ARCH: do not touch VGA registers. */
const ACPI_FADT_NO_VGA = 1 << 2;
// ACPI_FADT_8042 is not set: the guest would spend time looking for a keyboard. The reset line of
// the keyboard controller works all the same.

/** WBINVD works, which Linux insists on. */
const ACPI_FADT_WBINVD = 1 << 0;
/** HLT (C1) works on all CPUs. */
const ACPI_FADT_C1_SUPPORTED = 1 << 2;
/** There is no sleep button among the fixed events. The power button (bit 4, clear) is. */
const ACPI_FADT_SLEEP_BUTTON = 1 << 5;
/** The RTC's alarm is no fixed event that could wake the machine. */
const ACPI_FADT_FIXED_RTC = 1 << 6;
const ACPI_FADT_RESET_REGISTER = 1 << 10;

/** Where the tables are that the FADT points at. */
export interface FadtPointers {
  readonly facs: GuestAddress;
  readonly dsdt: GuestAddress;
}

function port(address: number, bytes: number, access: number): Record<string, number> {
  return { space_id: IO_SPACE, bit_width: bytes * 8, access_width: access, address };
}

/**
 * The fixed hardware: the PM1a registers with the power button and SLP_TYP, and a reset register: the
 * keyboard controller's command port, a write to which is acted upon at once (see `RESET_PORT`).
 * There is no SMI command, so the machine is in ACPI mode from the start; no PM timer, which a
 * guest with kvm-clock or the PIT has no use for and each read of which would be an exit; no GPEs.
 */
export function fadt({ facs, dsdt }: FadtPointers): Uint8Array {
  const body = acpi_table_fadt.from({
    // Either this or Xfacs: two addresses would mean two of them.
    facs,
    dsdt,
    Xdsdt: dsdt,
    sci_interrupt: SCI_IRQ,
    pm1a_event_block: PM1A_EVENT_PORT,
    pm1a_control_block: PM1A_CONTROL_PORT,
    pm1_event_length: PM1A_EVENT_LENGTH,
    pm1_control_length: PM1A_CONTROL_LENGTH,
    c2_latency: NO_C2_LATENCY,
    c3_latency: NO_C3_LATENCY,
    century: RTC_CENTURY,
    boot_flags: ACPI_FADT_LEGACY_DEVICES | ACPI_FADT_NO_VGA,
    flags:
      ACPI_FADT_WBINVD |
      ACPI_FADT_C1_SUPPORTED |
      ACPI_FADT_SLEEP_BUTTON |
      ACPI_FADT_FIXED_RTC |
      ACPI_FADT_RESET_REGISTER,
    reset_register: port(I8042_COMMAND_PORT, 1, BYTE_ACCESS),
    reset_value: I8042_RESET_COMMAND,
    minor_revision: FADT_MINOR_REVISION,
    xpm1a_event_block: port(PM1A_EVENT_PORT, PM1A_EVENT_LENGTH, WORD_ACCESS),
    xpm1a_control_block: port(PM1A_CONTROL_PORT, PM1A_CONTROL_LENGTH, WORD_ACCESS),
    hypervisor_id: ascii(OEM_ID),
  });
  return table({ signature: 'FACP', revision: FADT_REVISION }, body);
}

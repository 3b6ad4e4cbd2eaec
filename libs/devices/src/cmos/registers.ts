/*
 * The registers of an MC146818A real-time clock as PCs have it (Motorola's data sheet of 1984), and
 * the century that IBM's firmware put behind it.
 */

/** Register numbers. */
export const Cmos = {
  SECONDS: 0x00,
  SECONDS_ALARM: 0x01,
  MINUTES: 0x02,
  MINUTES_ALARM: 0x03,
  HOURS: 0x04,
  HOURS_ALARM: 0x05,
  DAY_OF_WEEK: 0x06,
  DAY_OF_MONTH: 0x07,
  MONTH: 0x08,
  YEAR: 0x09,
  A: 0x0a,
  B: 0x0b,
  C: 0x0c,
  D: 0x0d,
  CENTURY: 0x32,
} as const;

/** Bytes of registers and battery-backed memory together. */
export const CMOS_SIZE = 128;

/** Register A: update in progress, divider, periodic rate. */
export const StatusA = {
  UIP: 0x80,
  /** Both of the divider's upper bits: the divider is held in reset, and the clock stands. */
  DIVIDER_RESET: 0x60,
  RATE: 0x0f,
  /** A divider for 32.768 kHz and a rate of 1024 Hz, as firmware leaves it. */
  DEFAULT: 0x26,
} as const;

/** Register B. */
export const StatusB = {
  /** Stops updates, so that the time can be set. */
  SET: 0x80,
  PIE: 0x40,
  AIE: 0x20,
  UIE: 0x10,
  /** The time is in binary, not in BCD. */
  BINARY: 0x04,
  /** Hours are 0 to 23, not 1 to 12 with a PM bit. */
  HOURS_24: 0x02,
  INTERRUPTS: 0x70,
} as const;

/** Register C: what happened since it was read. The flags lie where their enables are in B. */
export const StatusC = { IRQF: 0x80, PF: 0x40, AF: 0x20, UF: 0x10, FLAGS: 0x70 } as const;

/** Register D: the battery is good. */
export const STATUS_D_VALID = 0x80;

/** In an alarm register, both upper bits mean "any". */
export const ALARM_ANY = 0xc0;

/** In an hour of twelve: afternoon. */
export const HOUR_PM = 0x80;

/* The 8042 as IBM's PS/2 and its successors program it ("PS/2 Hardware Interface", keyboard and
 * auxiliary device controller). */

/** Offset of the data port. */
export const DATA = 0;
/** Offset of the status port (read) and the command port (write). */
export const STATUS = 4;

/** Bits of the status port. */
export const Status = {
  OUTPUT_FULL: 0x01,
  /** The last write was to the command port. */
  COMMANDED: 0x08,
  /** The keyboard lock is open. */
  UNLOCKED: 0x10,
} as const;

/** Commands. */
export const Command = {
  /** The first of 32: reads a byte of the controller's memory. */
  READ_RAM: 0x20,
  /** The first of 32: writes a byte of the controller's memory. */
  WRITE_RAM: 0x60,
  TEST_AUX_PORT: 0xa9,
  SELF_TEST: 0xaa,
  TEST_KEYBOARD_PORT: 0xab,
  DISABLE_KEYBOARD: 0xad,
  ENABLE_KEYBOARD: 0xae,
  READ_INPUT_PORT: 0xc0,
  READ_OUTPUT_PORT: 0xd0,
  WRITE_OUTPUT_PORT: 0xd1,
  WRITE_KEYBOARD_OUTPUT: 0xd2,
  WRITE_AUX_OUTPUT: 0xd3,
  WRITE_AUX: 0xd4,
  DISABLE_A20: 0xdd,
  ENABLE_A20: 0xdf,
  READ_TEST_INPUTS: 0xe0,
  /** The first of 16: pulses lines of the output port. */
  PULSE: 0xf0,
} as const;

/** The configuration byte. */
export const Config = {
  /** Shown by the status port at the same place: the self-test was passed. */
  SYSTEM_FLAG: 0x04,
  KEYBOARD_DISABLED: 0x10,
  AUX_DISABLED: 0x20,
  /** Keyboard interrupt and scan code translation on, system flag, no auxiliary port. */
  DEFAULT: 0x65,
} as const;

/** The output port. */
export const OutputPort = {
  /** Low resets the machine. */
  NO_RESET: 0x01,
  A20: 0x02,
  OUTPUT_FULL: 0x10,
} as const;

/** The input port: the keyboard is not locked. */
export const INPUT_PORT = 0x80;

/** Answers to the test of the auxiliary port. */
export const AuxTest = { CLOCK_LOW: 0x01 } as const;

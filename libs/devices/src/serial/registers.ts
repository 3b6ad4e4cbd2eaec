/*
 * The registers of a 16550A UART and their bits, from National Semiconductor's PC16550D data sheet
 * (June 1995), table II.
 */

/** Ports that a UART takes. */
export const UART_PORTS = 8;

/** Register numbers; 0 and 1 are the divisor while LCR has DLAB set. */
export const Register = {
  DATA: 0,
  IER: 1,
  /** Read: IIR. Write: FCR. */
  IIR_FCR: 2,
  LCR: 3,
  MCR: 4,
  LSR: 5,
  MSR: 6,
  SCR: 7,
} as const;

/** Interrupt enable. */
export const Ier = { RDI: 0x01, THRI: 0x02, RLSI: 0x04, MSI: 0x08, ALL: 0x0f } as const;

/** Interrupt identification, highest priority first. */
export const Iir = {
  LINE_STATUS: 0x06,
  RECEIVED_DATA: 0x04,
  CHARACTER_TIMEOUT: 0x0c,
  TRANSMITTER_EMPTY: 0x02,
  MODEM_STATUS: 0x00,
  NONE: 0x01,
  FIFO_ENABLED: 0xc0,
} as const;

/** FIFO control. */
export const Fcr = {
  ENABLE: 0x01,
  CLEAR_RX: 0x02,
  /** What stays set: ENABLE, the DMA mode, the trigger level. */
  KEPT: 0xc9,
} as const;

/** Line control. */
export const Lcr = { BREAK: 0x40, DLAB: 0x80 } as const;

/** Modem control. */
export const Mcr = {
  DTR: 0x01,
  RTS: 0x02,
  OUT1: 0x04,
  OUT2: 0x08,
  LOOP: 0x10,
  ALL: 0x1f,
} as const;

/** Line status. */
export const Lsr = {
  DATA_READY: 0x01,
  OVERRUN: 0x02,
  BREAK: 0x10,
  THR_EMPTY: 0x20,
  TRANSMITTER_EMPTY: 0x40,
} as const;

/** Modem status: the inputs in the upper half, what changed since the last read in the lower. */
export const Msr = {
  DELTA_CTS: 0x01,
  DELTA_DSR: 0x02,
  TRAILING_RI: 0x04,
  DELTA_DCD: 0x08,
  DELTAS: 0x0f,
  CTS: 0x10,
  DSR: 0x20,
  RI: 0x40,
  DCD: 0x80,
} as const;

/** Bytes in each FIFO of a 16550A. */
export const FIFO_SIZE = 16;

/** Bytes that make a received-data interrupt, by the two trigger bits of FCR. */
export const TRIGGER_LEVELS: readonly number[] = [1, 4, 8, 14];

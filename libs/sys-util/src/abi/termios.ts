import { bytes, struct, u32, u8 } from '@crosvm/data-model';

/** How many control characters glibc's `termios` has. */
export const NCCS = 32;

/** Terminal settings as glibc has them. Source: termios(3). */
export const termios = struct('termios', {
  c_iflag: u32,
  c_oflag: u32,
  c_cflag: u32,
  c_lflag: u32,
  c_line: u8,
  c_cc: bytes(NCCS),
  c_ispeed: u32,
  c_ospeed: u32,
});

export const TCSANOW = 0;

export const IGNBRK = 0o1;
export const BRKINT = 0o2;
export const PARMRK = 0o10;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IXON = 0o2000;

export const OPOST = 0o1;

export const CSIZE = 0o60;
export const CS8 = 0o60;
export const PARENB = 0o400;

export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHONL = 0o100;
export const IEXTEN = 0o100000;

/** Index in `c_cc`: how long a read waits for more, in tenths of a second. */
export const VTIME = 5;
/** Index in `c_cc`: how many bytes a read waits for. */
export const VMIN = 6;

import { constants } from 'node:os';

import {
  BRKINT,
  CS8,
  CSIZE,
  ECHO,
  ECHONL,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNBRK,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IXON,
  OPOST,
  PARENB,
  PARMRK,
  TCSANOW,
  termios,
  VMIN,
  VTIME,
} from './abi/termios';
import { libc } from './ffi/libc';
import { SignalSet } from './signal-set';
import { blockSignals, setBlockedSignals } from './signals';
import { check } from './sys-error';

/** The settings of a terminal: a `struct termios`. */
export type TerminalSettings = Uint8Array;

/** Whether a descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
  return libc.isatty(fd) === 1;
}

/** @throws SysError ENOTTY, EIO if the terminal is gone */
export function terminalSettings(fd: number): TerminalSettings {
  const settings = termios.allocate().buffer;
  check('tcgetattr', libc.tcgetattr(fd, settings));
  return settings;
}

/**
 * Changes a terminal's settings at once, also from a background job, which would otherwise be stopped.
 * @throws SysError ENOTTY, EIO if the terminal is gone
 */
export function setTerminalSettings(fd: number, settings: TerminalSettings): void {
  const blocked = blockSignals(new SignalSet([constants.signals.SIGTTOU]));
  try {
    check('tcsetattr', libc.tcsetattr(fd, TCSANOW, settings));
  } finally {
    setBlockedSignals(blocked);
  }
}

/**
 * The settings under which a terminal passes on every byte as it is, in both directions, without echo
 * and without signals: what `cfmakeraw(3)` makes of them.
 */
export function rawSettings(settings: TerminalSettings): TerminalSettings {
  const raw = termios.from({});
  raw.set(settings);
  const flags = termios.at(raw.buffer);
  flags.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  flags.c_oflag &= ~OPOST;
  flags.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  flags.c_cflag = (flags.c_cflag & ~(CSIZE | PARENB)) | CS8;
  flags.c_cc[VMIN] = 1;
  flags.c_cc[VTIME] = 0;
  return raw;
}

/** The settings in the form that `stty -g` prints and `stty` takes. */
export function sttyText(settings: TerminalSettings): string {
  const { c_iflag, c_oflag, c_cflag, c_lflag, c_cc } = termios.at(settings.buffer);
  return [c_iflag, c_oflag, c_cflag, c_lflag, ...c_cc].map((value) => value.toString(16)).join(':');
}

/** Whether this process may use the terminal: no other job of its session is in the foreground. */
export function inForeground(fd: number): boolean {
  const group = libc.tcgetpgrp(fd);
  // A terminal that is not this session's has no jobs to respect.
  return group < 0 || group === libc.getpgid(0);
}

import {
  LOG_DEBUG,
  LOG_ERR,
  LOG_INFO,
  LOG_NDELAY,
  LOG_PERROR,
  LOG_PID,
  LOG_USER,
  LOG_WARNING,
} from '../abi/syslog';
import { libc } from '../ffi/libc';
import { Mapping } from '../mapping';
import type { LogLevel } from './logger';

const PRIORITIES: Readonly<Record<LogLevel, number>> = {
  error: LOG_ERR,
  warn: LOG_WARNING,
  info: LOG_INFO,
  debug: LOG_DEBUG,
};

/** libc keeps the address of the tag and not a copy, so it lies where nothing moves or frees it. */
let ident: Mapping | undefined;

/** How to connect to the syslog. */
export interface SyslogOptions {
  /** Write each message to the standard error as well. */
  readonly echo?: boolean;
}

/**
 * Connects this process to the syslog: there is one connection, and the last tag holds.
 * @param tag the name to log under
 * @throws RangeError if it is longer than a page
 */
export function openSyslog(tag: string, { echo = false }: SyslogOptions = {}): void {
  const text = Buffer.from(`${tag}\0`);
  ident ??= Mapping.anonymous(text.length);
  ident.bytes.set(text);
  // The file of the time zone is read now, while files can be.
  libc.tzset();
  // SAFETY: the mapping is never unmapped, and its text ends with a NUL.
  libc.openlog(ident.address, LOG_PID | LOG_NDELAY | (echo ? LOG_PERROR : 0), LOG_USER);
}

/** Writes a message to the syslog. Without a syslog daemon it goes nowhere. */
export function syslog(level: LogLevel, message: string): void {
  // The message is never the format: it may have percent signs, and a guest may have chosen it.
  libc.syslog(PRIORITIES[level], '%s', message);
}

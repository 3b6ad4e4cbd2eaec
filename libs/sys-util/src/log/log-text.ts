import type { LogLevel, LogRecord } from './logger';

/** ANSI colours: red, yellow, green, grey. */
const COLOURS: Readonly<Record<LogLevel, number>> = { error: 31, warn: 33, info: 32, debug: 90 };

/**
 * C0 and C1 controls and DEL but the tab, and what reorders text: a message may quote a guest, which
 * must not write escape sequences to the terminal or lines of its own to the log.
 */
const UNPRINTABLE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

function escape(character: string): string {
  const code = character.charCodeAt(0);
  return code === 0x0a ? '\\n' : `\\u{${code.toString(16)}}`;
}

/** A message as one line, `component: message`. */
export function messageText({ component, message }: LogRecord): string {
  const text = component === '' ? message : `${component}: ${message}`;
  return text.replace(UNPRINTABLE, escape);
}

/** A line for people: `WARN component: message`. */
export function lineText(record: LogRecord, coloured: boolean): string {
  const level = record.level.toUpperCase();
  const label = coloured ? `\x1b[${COLOURS[record.level]}m${level}\x1b[0m` : level;
  return `${label} ${messageText(record)}`;
}

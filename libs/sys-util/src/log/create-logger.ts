import type { Writable } from 'node:stream';

import type * as Winston from 'winston';
import type Transport from 'winston-transport';

import { lineText, messageText } from './log-text';
import { type Logger, type LogLevel, type LogRecord, sinkLogger } from './logger';
import { openSyslog, syslog, type SyslogOptions } from './syslog';

/** Where a stream shows what is written to it. */
export type LogStream = Writable & { readonly isTTY?: boolean };

/** What is logged, and where. */
export interface LoggerOptions {
  /** The least urgent level that is logged; default `warn`. */
  readonly level?: LogLevel;
  /** Log to the syslog too, under this name. */
  readonly syslogTag?: string;
  readonly syslog?: SyslogOptions;
  /** Where lines for people go; default the standard error. */
  readonly stream?: LogStream;
}

/** A message as winston passes it to a transport. */
type Info = Winston.Logform.TransformableInfo & LogRecord;

/*
 * winston takes tens of milliseconds and 10 MB to load: only who logs something pays for it.
 */
function loadWinston(): typeof Winston {
  return require('winston') as typeof Winston;
}

function loadTransport(): typeof Transport {
  return require('winston-transport') as typeof Transport;
}

/** Shows a message at one of the places where the log goes. */
type Show = (record: LogRecord) => void;

function transport(show: Show): Transport {
  const TransportStream = loadTransport();
  return new TransportStream({
    log: (info: Info, next: () => void) => {
      show(info);
      next();
    },
  });
}

function showLine(stream: LogStream): Show {
  const terminal = stream.isTTY === true;
  const coloured = terminal && (process.env.NO_COLOR ?? '') === '';
  // A terminal in raw mode does not return the carriage by itself.
  const end = terminal ? '\r\n' : '\n';
  // A log that nobody reads any more (EPIPE) must not end the VM.
  stream.on('error', () => undefined);
  return (record) => stream.write(lineText(record, coloured) + end);
}

function placesOf({ syslogTag, stream }: LoggerOptions): readonly Show[] {
  const toSyslog: Show = (record) => syslog(record.level, messageText(record));
  return [showLine(stream ?? process.stderr), ...(syslogTag === undefined ? [] : [toSyslog])];
}

function throughWinston(options: LoggerOptions): Show {
  const transports = placesOf(options).map(transport);
  const { level = 'warn' } = options;
  const winston = loadWinston().createLogger({ level, transports });
  return (record) => winston.log({ ...record });
}

function directly(options: LoggerOptions): Show {
  const places = placesOf(options);
  return (record) => places.forEach((show) => show(record));
}

/** A log that may have to load code before it can show anything. */
export interface LazyLogger extends Logger {
  /** Loads nothing any more, as when files cannot be opened from now on: lines are shown all the same. */
  settle(): void;
}

/**
 * The log of this process: lines for people on the standard error, `WARN component: message`, and
 * the syslog if asked for. It is for the process that talks to the user; workers and device hosts
 * send it their messages with a `sinkLogger`.
 */
export function createLogger(options: LoggerOptions = {}): LazyLogger {
  if (options.syslogTag !== undefined) {
    openSyslog(options.syslogTag, options.syslog);
  }
  let show: ((record: LogRecord) => void) | undefined;
  const logger = sinkLogger({
    level: options.level ?? 'warn',
    write: (record) => {
      show ??= throughWinston(options);
      show(record);
    },
  });
  const settle = (): void => {
    show ??= directly(options);
  };
  return Object.assign(logger, { settle });
}

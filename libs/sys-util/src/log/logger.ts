/** How urgent a message is, the most urgent first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** How urgent a message is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A message on its way to where it is shown: plain data, to be sent to another thread or process. */
export interface LogRecord {
  readonly level: LogLevel;
  /** Who says it, such as `serial`; empty for crosvm itself. */
  readonly component: string;
  readonly message: string;
}

/** Takes messages. */
export interface Logger {
  /** Something failed. */
  error(message: string): void;
  /** Something is not as it should be, and we go on. */
  warn(message: string): void;
  /** What is going on. */
  info(message: string): void;
  /** What only somebody who looks for an error wants to know. */
  debug(message: string): void;
  /** Whether messages of this level go anywhere: if not, do not put one together. */
  isEnabled(level: LogLevel): boolean;
  /** The same log, under the name of a component. */
  component(name: string): Logger;
}

/** Where a logger's messages go, and which. */
export interface SinkOptions {
  /** The least urgent level that is passed on; default `warn`. */
  readonly level?: LogLevel;
  /** Whose messages they are; default nobody's in particular. */
  readonly component?: string;
  /** Takes each message; for a worker or a device host it posts it to whoever shows it. */
  readonly write: (record: LogRecord) => void;
}

/** Whether messages of `level` are shown where the least urgent shown are those of `least`. */
function isShown(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least);
}

class SinkLogger implements Logger {
  readonly #level: LogLevel;
  readonly #component: string;
  readonly #write: (record: LogRecord) => void;

  constructor({ level = 'warn', component = '', write }: SinkOptions) {
    this.#level = level;
    this.#component = component;
    this.#write = write;
  }

  error(message: string): void {
    this.#log('error', message);
  }

  warn(message: string): void {
    this.#log('warn', message);
  }

  info(message: string): void {
    this.#log('info', message);
  }

  debug(message: string): void {
    this.#log('debug', message);
  }

  isEnabled(level: LogLevel): boolean {
    return isShown(level, this.#level);
  }

  component(name: string): Logger {
    return new SinkLogger({ level: this.#level, component: name, write: this.#write });
  }

  #log(level: LogLevel, message: string): void {
    if (this.isEnabled(level)) {
      this.#write({ level, component: this.#component, message });
    }
  }
}

/** A logger that hands its messages to a function, for threads and processes that show none. */
export function sinkLogger(options: SinkOptions): Logger {
  return new SinkLogger(options);
}

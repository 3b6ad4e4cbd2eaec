import { isMainThread } from 'node:worker_threads';

import {
  inForeground,
  isTerminal,
  rawSettings,
  setTerminalSettings,
  sttyText,
  type TerminalSettings,
  terminalSettings,
} from './terminal-settings';
import { TerminalGuard } from './terminal-guard';

/** How long after SIGTSTP the process goes on if, against expectation, it was not stopped. */
const RESUME_MS = 100;

/**
 * A terminal in raw mode: every byte is passed on as it is, in both directions.
 *
 * Its settings come back when this is disposed of, when the process exits, also by an exception, when
 * it is stopped by SIGTSTP (until it continues), and when it is killed by any signal, SIGKILL and
 * SIGSEGV included: the latter by a guard process, which then restores them within some milliseconds.
 */
export class RawTerminal implements Disposable {
  readonly #saved: TerminalSettings;
  readonly #raw: TerminalSettings;
  readonly #guard: TerminalGuard;
  #entered = false;
  #ended = false;

  private constructor(private readonly fd: number) {
    this.#saved = terminalSettings(fd);
    this.#raw = rawSettings(this.#saved);
    // The guard first: from here on the process may be killed at any moment.
    this.#guard = TerminalGuard.start(fd, sttyText(this.#saved), sttyText(this.#raw));
    process.on('exit', this.#end);
    // Before the exception is printed, so that its lines look as they should.
    process.on('uncaughtExceptionMonitor', this.#leave);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#enter);
    this.#enter();
  }

  /**
   * Puts a terminal into raw mode; `undefined` if the descriptor is no terminal. A background job
   * leaves the terminal alone until it is continued in the foreground.
   *
   * It starts a process, which takes some milliseconds: call it when the guest is already running.
   * @throws Error on any thread but the main one, which alone hears of signals and the exit
   * @throws SysError
   */
  static enter(fd: number): RawTerminal | undefined {
    if (!isMainThread) {
      throw new Error('only the main thread can guard a terminal');
    }
    return isTerminal(fd) ? new RawTerminal(fd) : undefined;
  }

  /** The process that restores the terminal if this one cannot, if it could be started. */
  get guardPid(): number | undefined {
    return this.#guard.pid;
  }

  /** Restores the terminal for good. Doing it again does nothing. */
  [Symbol.dispose](): void {
    this.#end();
  }

  readonly #end = (): void => {
    if (!this.#ended) {
      this.#ended = true;
      this.#leave();
      this.#guard.dismiss();
      process.off('exit', this.#end);
      process.off('uncaughtExceptionMonitor', this.#leave);
      process.off('SIGTSTP', this.#suspend);
      process.off('SIGCONT', this.#enter);
    }
  };

  readonly #enter = (): void => {
    if (this.#ended || !inForeground(this.fd)) {
      return;
    }
    attempt(() => {
      setTerminalSettings(this.fd, this.#raw);
      this.#entered = true;
      this.#guard.expect(sttyText(terminalSettings(this.fd)));
    });
  };

  readonly #leave = (): void => {
    // In the background the terminal is somebody else's, who has put it as he needs it.
    if (this.#entered && inForeground(this.fd)) {
      attempt(() => setTerminalSettings(this.fd, this.#saved));
    }
    this.#entered = false;
  };

  /** Stops the process as SIGTSTP would have done, with the terminal as it was. */
  readonly #suspend = (): void => {
    this.#leave();
    process.off('SIGTSTP', this.#suspend);
    process.kill(process.pid, 'SIGTSTP');
    // Runs after it was continued; or now, because the kernel does not stop an orphaned group.
    setTimeout(() => {
      if (!this.#ended) {
        process.on('SIGTSTP', this.#suspend);
        this.#enter();
      }
    }, RESUME_MS).unref();
  };
}

/** A terminal that is gone (EIO) needs no settings. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing is left to be done about it.
  }
}

import {
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  itimerspec,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
  TFD_TIMER_ABSTIME,
} from './abi/time';
import { CounterReader } from './counter';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import { check } from './sys-error';
import { readTimespec, writeTimespec } from './timespec';

/** A time that the kernel rounds to zero would disarm the timer instead of firing it at once. */
const SOONEST_MS = 1e-6;

const CLOCK_IDS = {
  realtime: CLOCK_REALTIME,
  monotonic: CLOCK_MONOTONIC,
  boottime: CLOCK_BOOTTIME,
} as const;

/** The clock that a timer follows: `monotonic` stands still while the machine sleeps. */
export type TimerClock = keyof typeof CLOCK_IDS;

/** How a timerfd behaves. */
export interface TimerFdOptions {
  /** Default `monotonic`. */
  readonly clock?: TimerClock;
  /** `read` answers `undefined` instead of waiting; default true. */
  readonly nonblock?: boolean;
}

/** A timer that becomes readable when it fires: `timerfd_create(2)`. Times are in milliseconds. */
export class TimerFd implements Disposable {
  readonly #spec = itimerspec.allocate();
  readonly #expirations = new CounterReader('read(timerfd)');

  private constructor(readonly fd: OwnedFd) {}

  /** @throws SysError EMFILE, ENFILE */
  static create({ clock = 'monotonic', nonblock = true }: TimerFdOptions = {}): TimerFd {
    const flags = TFD_CLOEXEC | (nonblock ? TFD_NONBLOCK : 0);
    const raw = check('timerfd_create', libc.timerfd_create(CLOCK_IDS[clock], flags));
    return new TimerFd(OwnedFd.adopt(raw));
  }

  /** The descriptor's number. */
  get raw(): number {
    return this.fd.raw;
  }

  /**
   * Fires after `delayMs`, then every `everyMs`, or once if that is 0. Replaces an earlier setting.
   * @throws RangeError if a time is negative
   */
  setAfter(delayMs: number, everyMs = 0): void {
    this.#set(0, delayMs, everyMs);
  }

  /**
   * Fires when the timer's clock reaches `timeMs`, or at once if that is past, then every `everyMs`.
   * @throws RangeError if a time is negative
   */
  setAt(timeMs: number, everyMs = 0): void {
    this.#set(TFD_TIMER_ABSTIME, timeMs, everyMs);
  }

  /** Stops it; expirations that were not read are forgotten. */
  cancel(): void {
    const spec = this.#spec;
    writeTimespec(spec.it_value, 0);
    writeTimespec(spec.it_interval, 0);
    this.#apply(0);
  }

  /** Milliseconds until it fires next; 0 if it will not. */
  remaining(): number {
    check('timerfd_gettime', libc.timerfd_gettime(this.fd.raw, this.#spec.buffer));
    return readTimespec(this.#spec.it_value);
  }

  /**
   * How often it fired since the last read; `undefined` if it did not and must not wait.
   * @throws SysError EBADF
   */
  read(): number | undefined {
    return this.#expirations.read(this.fd.raw);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #set(flags: number, valueMs: number, everyMs: number): void {
    const spec = this.#spec;
    writeTimespec(spec.it_value, valueMs === 0 ? SOONEST_MS : valueMs);
    writeTimespec(spec.it_interval, everyMs);
    this.#apply(flags);
  }

  #apply(flags: number): void {
    check('timerfd_settime', libc.timerfd_settime(this.fd.raw, flags, this.#spec.buffer, null));
  }
}

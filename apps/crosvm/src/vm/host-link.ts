import { setTimeout as delay } from 'node:timers/promises';

import {
  type FdSocket,
  type Logger,
  type LogRecord,
  MessageTruncatedError,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  RateLimited,
  type Received,
  SysError,
} from '@crosvm/sys-util';

import { decodeMessage, encodeMessage, type HostRequest } from './host-messages';
import type { StartedHost } from './host-start';

/** How long a host that was killed may take to be gone: more than the kernel ever needs. */
const KILL_MS = 1000;

/** Messages of a host that are logged in ten seconds; what guests provoke is limited in the host. */
const MAX_MESSAGES = 100;

/** What a link is made of. */
export interface HostLinkParts {
  /** For messages, such as `the device host of disk vda`. */
  readonly part: string;
  /** The names of its devices, one at least. */
  readonly names: readonly string[];
  /** The supervisor's end; taken over. */
  readonly control: FdSocket;
  readonly host: StartedHost;
}

/** What a link reports. */
export interface HostLinkEvents {
  /** The host failed or ended, and was not told to. */
  readonly onFailure: (cause: Error) => void;
  readonly log: Logger;
}

/** The supervisor's end of a device host: what it says and when it ends. */
export class HostLink {
  readonly #parts: HostLinkParts;
  readonly #events: HostLinkEvents;
  readonly #limit: RateLimited;
  readonly #ended: Promise<void>;
  #registration: PollRegistration | undefined;
  #failure: Error | undefined;
  #stopping = false;
  #killed = false;

  constructor(parts: HostLinkParts, events: HostLinkEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#limit = new RateLimited(events.log, { messages: MAX_MESSAGES });
    this.#ended = parts.host.ended.then((how) => this.#hostEnded(how));
  }

  /** Begins to listen. */
  attach(poller: Poller): void {
    const { control } = this.#parts;
    this.#registration = poller.add(control.raw, POLL_READABLE, () => this.#receive());
  }

  /** Tells the host something. One that is gone hears nothing: its end is reported. */
  send(request: HostRequest, fds: readonly number[] = []): void {
    try {
      this.#parts.control.send(encodeMessage(request), fds);
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'EPIPE')) {
        throw error;
      }
    }
  }

  /**
   * Lets the host finish what it is doing, and waits until it has ended. If that takes longer than
   * `timeoutMs`, it is killed, or given up where that is not in our power.
   */
  async stop(timeoutMs: number): Promise<void> {
    const { part, host, control } = this.#parts;
    this.#stopping = true;
    this.send({ kind: 'drain' });
    if (!(await this.#endsWithin(timeoutMs))) {
      this.#killed = true;
      const isKilled = host.kill();
      this.#events.log.warn(`${part} does not end, and is ${isKilled ? 'killed' : 'given up'}`);
      if (!isKilled || !(await this.#endsWithin(KILL_MS))) {
        host.abandon();
      }
    }
    this.#registration?.remove();
    control[Symbol.dispose]();
  }

  async #endsWithin(timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    const timeout = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
    try {
      return await Promise.race([this.#ended.then(() => true), timeout]);
    } finally {
      timer.abort();
    }
  }

  /** Takes one message; false if there is none. */
  #receive(): boolean {
    const received = this.#next();
    if (received === 'closed') {
      this.#registration?.remove();
    }
    if (typeof received === 'string') {
      return false;
    }
    const message = decodeMessage(received.bytes);
    if (message?.kind === 'failed') {
      this.#failure ??= Object.assign(new Error(message.message), { stack: message.stack });
    } else if (message?.kind === 'log') {
      this.#log(message.record);
    }
    return true;
  }

  #next(): Received {
    const { control } = this.#parts;
    try {
      return control.fd.closed ? 'closed' : control.receive();
    } catch (error) {
      if (error instanceof SysError || error instanceof MessageTruncatedError) {
        // None of ours says such a thing, so nothing else that it says matters.
        return 'closed';
      }
      throw error;
    }
  }

  #log({ level, component, message }: LogRecord): void {
    const { names } = this.#parts;
    // A host speaks for its own devices.
    const name = names.find((each) => each === component) ?? names.join(', ');
    if (this.#limit.allows()) {
      this.#events.log.component(name)[level](message);
    }
  }

  #hostEnded(how: string | undefined): void {
    while (this.#receive()) {
      // What it said last.
    }
    const failure = this.#failure ?? (how === undefined ? undefined : new Error(how));
    if (!this.#stopping) {
      this.#events.onFailure(failure ?? new Error('it ended'));
    } else if (failure !== undefined && !this.#killed) {
      this.#events.log.warn(`${this.#parts.part} did not end well: ${failure.message}`);
    }
  }
}

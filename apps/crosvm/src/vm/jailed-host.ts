import {
  type ChildState,
  faultOf,
  isGone,
  killChild,
  openProcess,
  pollChild,
} from '@crosvm/io-jail';
import { type OwnedFd, POLL_READABLE, type Poller, type PollRegistration } from '@crosvm/sys-util';

import { UserError } from '../user-error';
import type { StartedHost } from './host-start';
import { KeptStderr } from './kept-stderr';

/** Why it ended, for people; undefined if in order. */
function failureOf(state: ChildState, stderr: string): Error | undefined {
  const said = stderr === '' ? '' : `: ${stderr}`;
  if (state.kind === 'stopped') {
    return new Error(`it was stopped by ${state.signal}`);
  }
  const killer = state.kind === 'killed' ? state.signal : faultOf(state.status);
  if (killer !== undefined) {
    return new Error(`it was killed by ${killer}${said}`);
  }
  return state.kind === 'exited' && state.status !== 0
    ? new Error(`it ended with status ${state.status}${said}`)
    : undefined;
}

/** A device host that is a process in a jail: a child of this one, once it is there. */
export class JailedHost implements StartedHost {
  readonly pid: Promise<number | undefined>;
  readonly ended: Promise<Error | undefined>;
  readonly #poller: Poller;
  readonly #stderr = new KeptStderr();
  #setPid: (pid: number | undefined) => void = () => undefined;
  #setEnded: (failure: Error | undefined) => void = () => undefined;
  #child: { readonly pid: number; readonly fd: OwnedFd } | undefined;
  #registration: PollRegistration | undefined;
  /** What was seen of it before it ended. */
  #failure: Error | undefined;
  #killed = false;

  constructor(poller: Poller) {
    this.#poller = poller;
    this.pid = new Promise((resolve) => (this.#setPid = resolve));
    this.ended = new Promise((resolve) => (this.#setEnded = resolve));
  }

  /** The descriptor that is to be its standard error. */
  get stderrFd(): number {
    return this.#stderr.fd;
  }

  /** It runs. */
  started(pid: number): void {
    this.#child = { pid, fd: openProcess(pid) };
    this.#registration = this.#poller.add(this.#child.fd.raw, POLL_READABLE, () => this.look());
    this.#setPid(pid);
    if (this.#killed) {
      killChild(pid);
    }
    // It may have been stopped already.
    this.look();
  }

  /** It could not be started. */
  notStarted(error: string, hint?: string): void {
    this.#end(new UserError(error, hint === undefined ? {} : { hint }));
  }

  /** Looks what has become of it; to be called when a child has changed its state. */
  look(): void {
    const state = this.#child && this.#state(this.#child.pid);
    if (state?.kind === 'stopped') {
      // Nobody knows for how long, and the guest would wait.
      this.#failure ??= failureOf(state, '');
      this.kill();
    } else if (state !== undefined) {
      this.#end(this.#failure ?? failureOf(state, this.said()));
    }
  }

  said(): string {
    return this.#stderr.text;
  }

  kill(): boolean {
    this.#killed = true;
    if (this.#child !== undefined) {
      killChild(this.#child.pid);
    }
    return true;
  }

  abandon(): void {
    this.#registration?.remove();
  }

  #state(pid: number): ChildState | undefined {
    try {
      return pollChild(pid);
    } catch (error) {
      if (isGone(error)) {
        return { kind: 'killed', signal: 'something that is not known' };
      }
      throw error;
    }
  }

  #end(failure: Error | undefined): void {
    this.#registration?.remove();
    this.#child?.fd.close();
    this.#child = undefined;
    this.#stderr[Symbol.dispose]();
    this.#setPid(undefined);
    this.#setEnded(failure);
  }
}

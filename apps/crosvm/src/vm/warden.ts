import { writeSync } from 'node:fs';
import { constants } from 'node:os';

import { signalProcess } from '@crosvm/io-jail';
import { FdSocket, type OwnedFd, POLL_READABLE, PollLoop, SysError } from '@crosvm/sys-util';

import { CallWatch, forbiddenCallText, type Verdict } from './call-watch';
import {
  decodeListenRequest,
  encodeWardenMessage,
  type ListenRequest,
  MAX_WARDEN_MESSAGE,
  SELF,
  type WardenFds,
} from './warden-messages';

/** How long a VMM may take to end when it did what its policy forbids. */
const END_MS = 2000;

/** The descriptors of a request. */
const MAX_FDS = 4;

/**
 * Decides on the system calls of the VMM that its own filter asks about: a process cannot do that for
 * itself, because the thread that would decide may be the one that waits.
 */
export class Warden implements Disposable {
  readonly #loop = new PollLoop();
  readonly #control: FdSocket;
  readonly #lockDown: () => void;
  #watch: CallWatch | undefined;
  #fds: WardenFds<OwnedFd> | undefined;
  #isOver = false;
  /** When the VMM is killed, if it has not ended by then: milliseconds of `performance.now`. */
  #deadline: number | undefined;

  /**
   * @param control the socket to the VMM; taken over
   * @param lockDown shuts this process's own jail
   */
  constructor(control: OwnedFd, lockDown: () => void) {
    this.#lockDown = lockDown;
    this.#control = FdSocket.adopt(control, {
      maxBytes: MAX_WARDEN_MESSAGE,
      maxFds: MAX_FDS,
      nonblock: true,
    });
    this.#loop.add(this.#control.raw, POLL_READABLE, () => this.#receive());
  }

  /** Serves until the VMM is gone. */
  run(): void {
    while (!this.#isOver) {
      const left = this.#deadline === undefined ? -1 : this.#deadline - performance.now();
      if (this.#deadline !== undefined && left <= 0) {
        this.#kill();
        this.#isOver = true;
      } else {
        this.#loop.runOnce(Math.ceil(left));
      }
    }
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#control[Symbol.dispose]();
    this.#loop[Symbol.dispose]();
  }

  #receive(): void {
    const message = this.#control.receive();
    if (message === 'closed') {
      this.#isOver = true;
    } else if (message !== 'would-block') {
      const [listener, vmm, stderr, record] = message.fds;
      if (listener !== undefined && vmm !== undefined && stderr !== undefined) {
        this.#fds = { listener, vmm, stderr, ...(record && { record }) };
        this.#listen(decodeListenRequest(message.bytes), listener);
      }
    }
  }

  #listen(request: ListenRequest, listener: OwnedFd): void {
    this.#lockDown();
    this.#watch = new CallWatch(listener, this.#loop, (call, count) =>
      this.#decide(request, call, count),
    );
  }

  #decide(
    { recordAs, logForbidden, lineEnd }: ListenRequest,
    call: string,
    count: number,
  ): Verdict {
    if (recordAs !== undefined) {
      this.#write(this.#fds?.record, `${recordAs}${call}\n`);
      return 'made';
    }
    const label = logForbidden ? 'WARN' : 'crosvm:';
    const text = forbiddenCallText(SELF, call, count);
    if (text !== undefined && this.#deadline === undefined) {
      this.#write(this.#fds?.stderr, `${label} ${text}${lineEnd}`);
    }
    if (logForbidden) {
      return 'made';
    }
    this.#deadline ??= performance.now() + END_MS;
    this.#tell(call);
    return 'refused';
  }

  /** A VMM that does not listen is not waited for. */
  #tell(call: string): void {
    try {
      this.#control.send(encodeWardenMessage({ call }));
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
    }
  }

  #write(to: OwnedFd | undefined, text: string): void {
    try {
      if (to !== undefined) {
        writeSync(to.raw, text);
      }
    } catch {
      // Nobody reads it, or there is no room.
    }
  }

  #kill(): void {
    if (this.#fds !== undefined) {
      signalProcess(this.#fds.vmm, constants.signals.SIGKILL);
    }
  }
}

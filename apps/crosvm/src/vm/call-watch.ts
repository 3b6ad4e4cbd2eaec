import { type AskedCall, SeccompListener } from '@crosvm/io-jail';
import {
  Errno,
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
} from '@crosvm/sys-util';
import { currentArch, syscallName } from '@crosvm/syscall-defines';

/**
 * What becomes of a system call: it is made after all; it fails with EPERM; or it waits for ever, and the
 * process is to be killed.
 */
export type Verdict = 'made' | 'refused' | 'kept waiting';

/**
 * Decides on a system call that is told with its arguments.
 * @param count how many of that name there were, this one included
 */
export type OnCall = (call: string, count: number) => Verdict;

/** Forbidden calls of a name that are logged: a disk makes some for each request. */
const MAX_CALLS_OF_A_NAME = 10;

/** What is logged of a forbidden call that is made all the same; undefined if there were too many of them. */
export function forbiddenCallText(who: string, call: string, count: number): string | undefined {
  if (count > MAX_CALLS_OF_A_NAME) {
    return undefined;
  }
  const last = count === MAX_CALLS_OF_A_NAME ? '; no more of these are logged' : '';
  return `${who} made a system call that its policy forbids: ${call}${last}`;
}

/** Hears of the system calls of a process that its filter asks about. Each waits for `onCall`'s verdict. */
export class CallWatch implements Disposable {
  readonly #listener: SeccompListener;
  readonly #registration: PollRegistration;
  /** Calls so far, by number. */
  readonly #counts = new Map<number, number>();

  /** @param fd the listener; taken over */
  constructor(fd: OwnedFd, poller: Poller, onCall: OnCall) {
    this.#listener = SeccompListener.adopt(fd);
    this.#registration = poller.add(fd.raw, POLL_READABLE, (ready) => {
      if ((ready & POLL_READABLE) === 0) {
        // The process has ended: there is no next call, for which old kernels would wait.
        this.#registration.remove();
        return;
      }
      const call = this.#listener.receive();
      const verdict = call && onCall(describeCall(call), this.#count(call));
      if (call !== undefined && verdict === 'made') {
        this.#listener.allow(call.id);
      } else if (call !== undefined && verdict === 'refused') {
        this.#listener.refuse(call.id, Errno.EPERM);
      }
    });
  }

  #count({ nr }: AskedCall): number {
    const count = (this.#counts.get(nr) ?? 0) + 1;
    this.#counts.set(nr, count);
    return count;
  }

  [Symbol.dispose](): void {
    this.#registration.remove();
    this.#listener[Symbol.dispose]();
  }
}

/** A call as a program would write it, with its number: names differ between machines. */
function describeCall({ nr, args }: AskedCall): string {
  const name = syscallName(currentArch(), nr) ?? 'unknown';
  return `${name}(${args.map((arg) => `0x${arg.toString(16)}`).join(', ')}), number ${nr}`;
}

import { type AskedCall, SeccompListener } from '@crosvm/io-jail';
import { type OwnedFd, POLL_READABLE, type Poller, type PollRegistration } from '@crosvm/sys-util';
import { currentArch, syscallName } from '@crosvm/syscall-defines';

/**
 * Decides on a system call that is told with its arguments: whether it is made after all. The process waits
 * for ever otherwise, and is to be killed.
 * @param count how many of that name there were, this one included
 */
export type OnCall = (call: string, count: number) => boolean;

/** Hears of the system calls of a device host that its filter asks about. Each waits for `onCall`'s verdict. */
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
      if (call !== undefined && onCall(describeCall(call), this.#count(call))) {
        this.#listener.allow(call.id);
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

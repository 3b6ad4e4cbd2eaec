import { type AskedCall, SeccompListener } from '@crosvm/io-jail';
import {
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
} from '@crosvm/sys-util';
import { currentArch, syscallName } from '@crosvm/syscall-defines';

/** Hears of the system calls of a device host that its filter asks about. Each waits for `onCall`'s verdict. */
export class CallWatch implements Disposable {
  readonly #listener: SeccompListener;
  readonly #registration: PollRegistration;

  /**
   * @param fd the listener; taken over
   * @param onCall is told of a call; returns whether it is made after all. The process waits for ever
   * otherwise, and is to be killed.
   */
  constructor(fd: OwnedFd, poller: Poller, onCall: (call: string) => boolean) {
    this.#listener = SeccompListener.adopt(fd);
    this.#registration = poller.add(fd.raw, POLL_READABLE, (ready) => {
      if ((ready & POLL_READABLE) === 0) {
        // The process has ended: there is no next call, for which old kernels would wait.
        this.#registration.remove();
        return;
      }
      const call = this.#listener.receive();
      if (call !== undefined && onCall(describeCall(call))) {
        this.#listener.allow(call.id);
      }
    });
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

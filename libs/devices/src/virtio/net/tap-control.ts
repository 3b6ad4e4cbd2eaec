import { setQueueAttached, setTapOffload } from '@crosvm/net-util';
import { type Logger, SysError } from '@crosvm/sys-util';

/** A TAP interface as a back end has it: open descriptors, a queue each. */
export interface TapControl {
  readonly fds: readonly number[];
  /** What the interface may send besides complete packets: TUN_F_*. False if it cannot. */
  setOffload(offload: number): boolean;
  /** Sends to the first so many queues only. False if it cannot. */
  setQueues(count: number): boolean;
}

/** A TAP interface by its descriptors, which stay the caller's. */
export class TapDescriptors implements TapControl {
  readonly #logger: Logger;
  /** Whether each queue is used; all are at first. */
  readonly #attached: boolean[];
  /** What the interface was told last. */
  #offload: number | undefined;

  constructor(
    readonly fds: readonly number[],
    logger: Logger,
  ) {
    this.#logger = logger;
    this.#attached = fds.map(() => true);
  }

  setOffload(offload: number): boolean {
    const [fd] = this.fds;
    if (this.#offload === offload) {
      return true;
    }
    const done = fd !== undefined && this.#attempt(() => setTapOffload(fd, offload));
    this.#offload = done ? offload : undefined;
    return done;
  }

  setQueues(count: number): boolean {
    return this.fds.every((fd, index) => this.#attach(fd, index, index < count));
  }

  #attach(fd: number, index: number, attached: boolean): boolean {
    if (this.#attached[index] === attached) {
      return true;
    }
    const done = this.#attempt(() => setQueueAttached(fd, attached));
    if (done) {
      this.#attached[index] = attached;
    }
    return done;
  }

  #attempt(change: () => void): boolean {
    try {
      change();
      return true;
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
      this.#logger.warn(`the TAP interface does not do what the guest asks for: ${error.message}`);
      return false;
    }
  }
}

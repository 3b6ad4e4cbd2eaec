import type { ActivationContext } from '../backend';

/** What serves the queues of a network card for receiving and sending. */
export interface DataPath extends Disposable {
  /** Whether it gives its queues to somebody else; see `VirtioBackend`. */
  readonly handsOver: boolean;
  /** The driver is ready. The first pair of queues is used, until it asks for more. */
  start(context: ActivationContext): void;
  /** Queue `index`, none for commands, may have something; as `VirtioBackend.handleQueue`. */
  handleQueue(index: number): boolean;
  /** Uses so many pairs, from 1 to all; false if that cannot be. */
  setPairs(pairs: number): boolean;
  /** Sends no more to the driver than it takes: TUN_F_*. False if that cannot be. */
  setOffload(offload: number): boolean;
  /** Queue `index` is being reset: nothing of it is used when this returns. */
  resetQueue(index: number): void;
  /** Nobody may touch the queues for a while; those who do so on their own stop it before this returns. */
  suspend?(): void;
  /** They may again. */
  resume?(): void;
  /** The driver is gone: nothing of any queue is used when this returns. */
  stop(): void;
}

/** What a card is told by what serves its queues. */
export interface DataPathEvents {
  /** There is no link any more; `reason` is for the log. */
  lost(reason: string): void;
}

import type { ActivationContext } from '../backend';
import { type Awaited, Linger } from '../queue/linger';
import { CHAINS_PER_WAKE, type ChainServer, serveChains } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import type { BlockEngine } from './block-engine';

/** Most times in one turn that a queue is served: then others have their turn. */
const ROUNDS_PER_TURN = 16;

function hasMore(queue: VirtQueue | undefined): boolean {
  return queue?.hasMore === true;
}

/**
 * Serves the queues of a disk, and looks for what comes next before it has the driver notify and the
 * engine wake it.
 */
export class DiskService implements Awaited {
  readonly #server: ChainServer;
  readonly #engine: BlockEngine;
  /** What a driver asks next that waits for nothing. */
  readonly #requests = new Linger();
  /** Whatever is next while an answer is awaited: mostly that. */
  readonly #answers = new Linger();
  /** Which of the two it is now. */
  #awaited = this.#requests;
  #context: ActivationContext | undefined;
  #serving = 0;

  constructor(server: ChainServer, engine: BlockEngine) {
    this.#server = server;
    this.#engine = engine;
  }

  /** The queue that is being served, or was last. */
  get serving(): number {
    return this.#serving;
  }

  /** There is a driver, or none any more. */
  activate(context: ActivationContext | undefined): void {
    this.#context = context;
  }

  /** The driver notified a queue. Returns whether there is more to be done. */
  notified(index: number): boolean {
    this.#awaited.woken();
    const queue = this.#context?.queues[index];
    queue?.disableNotifications();
    return this.#serve(index, queue);
  }

  /** Requests that were on their way are complete. */
  arrived(): void {
    this.#awaited.woken();
    if (!this.#engine.hasWork) {
      // They were found by looking.
      return;
    }
    this.#engine.commit();
    const queue = this.#context?.queues[this.#serving];
    if (queue === undefined || !this.#choose().isWorthwhile) {
      this.#awaited.asleep();
      return;
    }
    // Whoever has his answer asks again.
    queue.withdrawNotifications();
    if (this.#serve(this.#serving, queue)) {
      this.#context?.serve(this.#serving);
    }
  }

  hasCome(): boolean {
    return this.#engine.hasWork || this.#context?.queues.some(hasMore) === true;
  }

  #serve(index: number, queue: VirtQueue | undefined): boolean {
    if (queue === undefined) {
      this.#engine.commit();
      return false;
    }
    this.#serving = index;
    for (let round = 0; round < ROUNDS_PER_TURN; round += 1) {
      const more = serveChains(queue, this.#server) === CHAINS_PER_WAKE;
      this.#engine.commit();
      if (more || queue.broken !== undefined) {
        return more;
      }
      if (queue.needsInterrupt()) {
        this.#context?.interrupt(index);
      }
      if (!this.#lookFor(queue)) {
        return queue.enableNotifications();
      }
    }
    return true;
  }

  /** Chooses what is waited for next. */
  #choose(): Linger {
    this.#awaited = this.#engine.inFlight > 0 ? this.#answers : this.#requests;
    return this.#awaited;
  }

  /** Whether there is something to be done for this queue, or by the engine. */
  #lookFor(queue: VirtQueue): boolean {
    const linger = this.#choose();
    if (!linger.isWorthwhile) {
      linger.asleep();
      return false;
    }
    const engine = this.#engine;
    engine.quiet();
    const hasCome = linger.lookFor(this) && (engine.hasWork || queue.hasMore);
    if (!hasCome) {
      // Which has it wake this again.
      engine.commit();
    }
    return hasCome;
  }
}

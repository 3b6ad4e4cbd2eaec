import { monotonicSeconds } from '../monotonic-seconds';
import type { Logger } from './logger';

/** How much is let through. */
export interface RateLimit {
  /** Messages an interval; default 10. */
  readonly messages?: number;
  /** How long an interval is, in whole seconds; default 10. */
  readonly seconds?: number;
  /** The time in whole seconds; default the monotonic clock. */
  readonly clock?: () => number;
}

/**
 * A logger for what a guest can provoke as often as it likes. Ask first, so that a message that is not
 * shown is not even put together and costs no memory:
 *
 *     if (mistakes.allows()) mistakes.warn(`queue ${index} has no descriptor ${head}`);
 */
export class RateLimited {
  readonly #logger: Logger;
  readonly #messages: number;
  readonly #seconds: number;
  readonly #clock: () => number;
  /** When the interval began. */
  #start: number;
  #allowed = 0;
  #dropped = 0;

  constructor(logger: Logger, limit: RateLimit = {}) {
    this.#logger = logger;
    this.#messages = limit.messages ?? 10;
    this.#seconds = limit.seconds ?? 10;
    this.#clock = limit.clock ?? monotonicSeconds;
    this.#start = this.#clock();
  }

  /** Whether another message is let through now; if not, it is counted as dropped. */
  allows(): boolean {
    const now = this.#clock();
    if (now - this.#start >= this.#seconds) {
      this.#start = now;
      this.#allowed = 0;
      this.flush();
    }
    if (this.#allowed < this.#messages) {
      this.#allowed += 1;
      return true;
    }
    this.#dropped += 1;
    return false;
  }

  /** Logs a message that `allows` let through. */
  warn(message: string): void {
    this.#logger.warn(message);
  }

  /** Says how many messages were dropped, if any. It is also said when the next interval begins. */
  flush(): void {
    const dropped = this.#dropped;
    if (dropped > 0) {
      this.#dropped = 0;
      this.#logger.warn(`${dropped} more messages like these were dropped`);
    }
  }
}

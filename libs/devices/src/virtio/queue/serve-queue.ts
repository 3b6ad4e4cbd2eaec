import type { DescriptorChain } from './descriptor-chain';
import type { VirtQueue } from './virt-queue';

/**
 * Most chains of one wake-up. A driver can add chains as fast as they are served, for ever: after so
 * many, resets and other devices have their turn.
 */
export const CHAINS_PER_WAKE = 128;

/** Serves the chains of a queue. */
export interface ChainServer {
  /** Does what the chain asks for, and gives it back to the queue, now or later. */
  serve(chain: DescriptorChain, queue: VirtQueue): void;
}

/** Serves what is in a queue, up to CHAINS_PER_WAKE chains; returns how many there were. */
export function serveChains(queue: VirtQueue, server: ChainServer): number {
  for (let served = 0; served < CHAINS_PER_WAKE; served += 1) {
    const chain = queue.pop();
    if (chain === undefined) {
      return served;
    }
    server.serve(chain, queue);
  }
  return CHAINS_PER_WAKE;
}

/**
 * Serves what is in a queue, up to `chains` chains, without notifications meanwhile. Returns
 * whether there is, or may be, more; if not, the driver was asked to notify.
 * @param chains fewer where each is much work
 */
export function serveQueue(
  queue: VirtQueue,
  server: ChainServer,
  chains = CHAINS_PER_WAKE,
): boolean {
  queue.disableNotifications();
  for (let left = chains; left > 0; left -= 1) {
    const chain = queue.pop();
    if (chain !== undefined) {
      server.serve(chain, queue);
    } else if (!queue.enableNotifications()) {
      return false;
    }
  }
  return true;
}

/**
 * Like `serveQueue`, for drivers that add chains one after the other: after some were served, and others
 * have had their turn, the queue is looked at once more before the driver is asked to notify. A
 * notification is an exit, which costs the driver more than that.
 */
export function serveStream(queue: VirtQueue, server: ChainServer): boolean {
  queue.disableNotifications();
  return serveChains(queue, server) > 0 || queue.enableNotifications();
}

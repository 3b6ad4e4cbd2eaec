import type { GuestMemory } from '@crosvm/sys-util';

/** A kernel that boots has better things to do, and so has its host. */
const BEGIN_AFTER_MS = 1000;

/**
 * Gives a guest that runs huge pages, as it comes to use its memory, until this is disposed of. Its
 * page tables and the transfers of devices are shorter then: with a 1 MiB request to a disk past the
 * host's cache, 256 pages are not found, pinned and mapped one by one.
 */
export function giveHugePages(memory: GuestMemory): Disposable {
  const maker = memory.hugePages();
  let timer: NodeJS.Timeout | undefined;
  const come = (afterMs: number | undefined): void => {
    timer = afterMs === undefined ? undefined : setTimeout(() => come(maker.turn()), afterMs);
    timer?.unref();
  };
  come(BEGIN_AFTER_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

import { POLL_READABLE, type Poller, TimerFd } from '@crosvm/sys-util';

/** How soon a guest sees that a disk has grown: nobody tells us, so we look. */
const LOOK_EVERY_MS = 1000;

/** What is looked at, and from where. */
export interface CapacityWatchOptions {
  readonly poller: Poller;
  /** The size now, in bytes. */
  readonly sizeOf: () => number;
  /** Default: a second. */
  readonly everyMs?: number;
}

/**
 * Looks at the size of a block device, soon and then again and again, until it is disposed of.
 * @param look is told the size in bytes, also when it is the same as before
 * @throws SysError EMFILE, ENFILE
 */
export function watchCapacity(
  { poller, sizeOf, everyMs = LOOK_EVERY_MS }: CapacityWatchOptions,
  look: (bytes: number) => void,
): Disposable {
  const timer = TimerFd.create();
  const registration = poller.add(timer.raw, POLL_READABLE, () => {
    timer.read();
    look(sizeOf());
  });
  timer.setAfter(0, everyMs);
  return {
    [Symbol.dispose]: () => {
      registration.remove();
      timer[Symbol.dispose]();
    },
  };
}

/**
 * What a descriptor's owner does when it is ready: `ready` has the POLL_ bits that it asked for, and
 * POLL_ERROR and POLL_HANG_UP whether it asked or not. Make it once, when registering.
 */
export type PollHandler = (ready: number) => void;

/** A descriptor that is waited for. Remove it before its descriptor is closed. */
export interface PollRegistration extends Disposable {
  readonly fd: number;
  /**
   * Changes what is waited for: POLL_ bits, or 0 for nothing at all, not even a hang-up. It costs nothing
   * if that is what it already waits for.
   * @throws Error if it was removed
   */
  setInterest(interest: number): void;
  /** Ends it: the handler is not called again. Doing it again does nothing. */
  remove(): void;
}

/**
 * Waits for many descriptors at once, level-triggered, and calls their handlers on one thread.
 * A device back end that takes one of these runs in a loop of its own as well as in Node's.
 */
export interface Poller {
  /**
   * Waits for `fd` from now on.
   * @param interest POLL_ bits, or 0 to begin paused
   * @throws SysError EPERM if it cannot be waited for (a regular file), EEXIST if it already is
   */
  add(fd: number, interest: number, handler: PollHandler): PollRegistration;
}

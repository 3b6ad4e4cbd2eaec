/** The descriptor of a host process that is its end of the control socket. */
export const CONTROL_FD = 3;

/** What the thread of device hosts is given when it starts. */
export interface HostThreadData {
  /** Its end of the control socket; the thread closes it. */
  readonly controlFd: number;
}

/** A device host that was started, however. */
export interface StartedHost {
  /** Its process, if it has one of its own. */
  readonly pid?: number | undefined;
  /**
   * When it has ended: undefined if that was in order, else how. Never rejects.
   */
  readonly ended: Promise<string | undefined>;
  /** Ends it at once, wherever it is. False if that is not in our power. */
  kill(): boolean;
  /** It is given up: it is not waited for when this process ends. */
  abandon(): void;
}

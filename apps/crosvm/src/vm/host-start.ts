/** The zygote's descriptor of its control socket. */
export const CONTROL_FD = 3;

/** How much of what a host says on its standard error is kept, in bytes: the size of a file. */
export const MAX_STDERR = 4096;

/** What the thread of device hosts is given when it starts. */
export interface HostThreadData {
  /** Its end of the control socket; the thread closes it. */
  readonly controlFd: number;
}

/** A device host that was started, however. */
export interface StartedHost {
  /** Its process, when it is there; undefined if it has none of its own. */
  readonly pid: Promise<number | undefined>;
  /** When it has ended: undefined if that was in order, else why. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** What it said on its standard error so far; nothing where that is ours. */
  readonly said?: () => string;
  /** Ends it at once, wherever it is. False if that is not in our power. */
  kill(): boolean;
  /** It is given up: it is not waited for when this process ends. */
  abandon(): void;
}

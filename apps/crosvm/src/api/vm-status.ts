/** What a virtual machine is, and how it does. */
export interface VmStatus {
  /** The process of the VMM. */
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'suspended' | 'halted' | 'ending';
  /** Milliseconds since the guest began to run. */
  readonly uptimeMs: number;
  /** How often the guest has been started again. */
  readonly restarts: number;
  readonly cpus: number;
  /** Bytes of guest memory. */
  readonly memory: number;
  readonly kernel: string;
  readonly sandbox: boolean;
  readonly devices: readonly {
    readonly name: string;
    /** The process of its device host; null if it has none of its own. */
    readonly pid: number | null;
  }[];
}

/** How full the balloon of a virtual machine is. */
export interface BalloonState {
  /** Bytes that the guest is to do without. */
  readonly target: number;
  /** Bytes that it does without, as it says. */
  readonly actual: number;
  /** Whether it has a driver for the balloon. */
  readonly hasDriver: boolean;
}

/** How full the balloon is, and what the guest says of its memory. */
export interface BalloonStatistics extends BalloonState {
  /** Bytes, and events since the guest started; null if it says nothing, and what it does not say is missing. */
  readonly statistics: {
    readonly swapIn?: number | undefined;
    readonly swapOut?: number | undefined;
    readonly majorFaults?: number | undefined;
    readonly minorFaults?: number | undefined;
    readonly freeMemory?: number | undefined;
    readonly totalMemory?: number | undefined;
    readonly availableMemory?: number | undefined;
    readonly diskCaches?: number | undefined;
    readonly hugePageAllocations?: number | undefined;
    readonly hugePageFailures?: number | undefined;
  } | null;
}

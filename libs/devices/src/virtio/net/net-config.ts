/** A network card as its back end needs to know it: plain data, for another process. */
export interface NetConfig {
  /** The MAC address, 6 bytes. */
  readonly mac: readonly number[];
  /** Most pairs of queues; each has a descriptor of the TAP interface. */
  readonly pairs: number;
  /** Bytes of the largest packet that the guest is to use; its own choice if not given. */
  readonly mtu?: number;
  /** What the TAP interface can be told to send: TUN_F_*. */
  readonly offload: number;
  /**
   * The other side fills in checksums that the guest leaves open; default true. If not, it does not cut
   * packets either.
   */
  readonly openChecksums?: boolean;
  /** A packet may be received into several buffers; default true. */
  readonly mergeable?: boolean;
}

/** Most pairs of queues: as many as vCPUs make sense for, within what KVM has eventfds for. */
export const MAX_PAIRS = 16;

/** Descriptors of each queue. */
export const QUEUE_SIZE = 256;

/** The number of the queue for receiving of a pair. */
export function receiveQueue(pair: number): number {
  return 2 * pair;
}

/** The number of the queue for sending of a pair. */
export function transmitQueue(pair: number): number {
  return 2 * pair + 1;
}

import type { GuestMemory, Logger, Poller } from '@crosvm/sys-util';

import type { DeviceCommand } from '../back-end/device-command';
import type { DeviceCounters } from '../metrics/device-counters';
import type { QueueSetup } from './device-page';
import type { VirtQueue } from './queue/virt-queue';

/** A queue that somebody else serves, such as the kernel's vhost. Descriptors stay the host's. */
export interface QueueHandover {
  /** Where it is; checked. */
  readonly setup: QueueSetup;
  /** The eventfd by which the driver notifies. */
  readonly kickFd: number;
  /** The eventfd to be signalled when buffers were used, as often as that happens. */
  readonly callFd: number;
}

/** What a back end works with from the moment when its driver is ready (DRIVER_OK) to the reset. */
export interface ActivationContext {
  readonly memory: GuestMemory;
  /**
   * The queues by number; undefined for those that the driver did not enable. One that is reset or
   * enabled alone changes here: look it up each time.
   */
  readonly queues: readonly (VirtQueue | undefined)[];
  /** The features that were negotiated. */
  readonly features: bigint;
  /**
   * Interrupts the guest for queue `index`; ask `needsInterrupt` before. After `handleQueue` it is
   * done anyway, so this is for what does not want to wait that long, and for what is done later.
   */
  interrupt(index: number): void;
  /**
   * Has `handleQueue` called for queue `index` after the others had their turn, as if the driver had
   * notified: for what comes from elsewhere, and for a queue that was found to be broken. Of a queue
   * that was given out of hand, whoever has it is notified.
   */
  serve(index: number): void;
  /**
   * Gives queue `index` out of hand until it is reset: the host listens to its kicks no more. Undefined
   * if the driver did not enable it. For back ends that say so (`handsOver`).
   */
  handOver(index: number): QueueHandover | undefined;
  /**
   * Gives up on what the driver made of queue `index`: the device is stopped (`reset` is called soon,
   * if not now) until the driver resets it. `fault` is for the log.
   */
  fail(index: number, fault: string): void;
  /** Changes config bytes from `offset` on, and tells the driver. */
  updateConfig(offset: number, content: Uint8Array): void;
}

/**
 * The back end of a virtio device: what is behind its queues. It runs on the poller of its host, where
 * others may run, too, so it never waits long and does a bounded amount of work at a time.
 */
export interface VirtioBackend extends Disposable {
  /** Whether it gives queues out of hand, for which the host has something ready; default: no. */
  readonly handsOver?: boolean;
  /** The driver is ready. */
  activate(context: ActivationContext): void;
  /**
   * The driver notified queue `index`, which is enabled, or may have. Returns whether there is more to
   * be done, for which this is called again after the others had their turn. A mistake of the driver
   * is no exception: the request fails, or the queue breaks (`VirtQueue.broken`).
   */
  handleQueue(index: number): boolean;
  /** Queue `index` is being reset alone: when this returns, nothing of it is in flight. */
  resetQueue?(index: number): void;
  /**
   * The driver is gone. When this returns, nothing is in flight: no buffer of the guest is read or
   * written any more (virtio 1.2, 2.4.1). Another `activate` may follow.
   */
  reset(): void;
  /**
   * The VM is suspended: the poller calls nobody until it goes on, and when this returns nothing is in
   * flight, as after `reset`. Not needed where nothing ever is.
   */
  suspend?(): void;
  /** The VM goes on where it was. */
  resume?(): void;
  /** The driver wrote 1, 2 or 4 bytes of the device's configuration, maybe before it was ready. */
  writeConfig?(offset: number, content: Uint8Array): void;
  /** As `BackEnd.command`; there may be no driver. */
  command?(command: DeviceCommand, answer: (answer: unknown) => void): void;
}

/** The device's configuration as its driver reads it, whether or not there is one. */
export interface ConfigSpace {
  /** Changes bytes from `offset` on. A driver that is ready is told. */
  update(offset: number, content: Uint8Array): void;
  /** The same without a word: for what the driver itself asked for. */
  store(offset: number, content: Uint8Array): void;
}

/** Bytes of a device's configuration. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What a device host hands to the back ends that it runs. */
export interface BackendResources {
  /** Descriptors that the module asked for, in its order. They stay the caller's. */
  readonly fds: readonly number[];
  /** What the back end runs on. */
  readonly poller: Poller;
  /** There from the first call of the back end on, but not while it is made. */
  readonly configSpace: ConfigSpace;
  readonly logger: Logger;
  /**
   * For the bytes that the guest gets and gives, and for what fails; kicks, interrupts and requests are
   * counted anyway. Default: nobody wants to know.
   */
  readonly counters?: DeviceCounters | undefined;
}

/** A file or socket of the machine that the root of a device's host has, too. */
export interface HostBind {
  /** Absolute, without symbolic links. */
  readonly source: string;
  /** Absolute. */
  readonly target: string;
}

/** A kind of virtio device: all that the VMM and its host need to know to make one. */
export interface DeviceModule<Config> {
  /** The name in messages and of the process, such as `block`. */
  readonly name: string;
  /** VIRTIO_ID_*. */
  readonly deviceType: number;
  /** The seccomp policy of its host. */
  readonly policy: string;
  /** Whether its host's JavaScript is compiled, for it moves much data; default: interpreted. */
  readonly compiled?: boolean;
  /** Bytes of the largest file that its host writes; default: it writes none. */
  fileBytes?(config: Config): number;
  /** Whether that may become more, or less, while the guest runs (`resize-disk`). */
  readonly fileResizes?: boolean;
  /** What the root of its host has, where that has a root of its own; default: nothing. */
  binds?(config: Config): readonly HostBind[];
  /** The most descriptors of each queue. */
  queueMaxSizes(config: Config): readonly number[];
  /** The features of the device type that are offered; `QUEUE_FEATURES` go without saying. */
  features(config: Config): bigint;
  /** The device's configuration as the guest sees it first. */
  configSpace(config: Config): Uint8Array;
  /** What of that the driver may write; default: nothing. */
  readonly configWritable?: readonly ByteRange[];
  /** Makes a back end. `config` is plain data: it may come from another process. */
  create(config: Config, resources: BackendResources): VirtioBackend;
}

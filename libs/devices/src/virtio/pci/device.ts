import {
  VIRTIO_CONFIG_S_ACKNOWLEDGE,
  VIRTIO_CONFIG_S_DRIVER,
  VIRTIO_CONFIG_S_DRIVER_OK,
  VIRTIO_CONFIG_S_FAILED,
  VIRTIO_CONFIG_S_FEATURES_OK,
  VIRTIO_CONFIG_S_NEEDS_RESET,
  VIRTIO_F_ACCESS_PLATFORM,
  VIRTIO_F_RING_RESET,
  VIRTIO_F_VERSION_1,
} from '@crosvm/virtio-sys';

import { RequestKind } from '../channel/messages';
import { featureMask, hasFeature } from '../features';
import type { BackEndLink } from './back-end-link';
import { offeredFeatures, type VirtioPciConfig } from './config';
import type { VirtioInterrupts } from './interrupts';
import { areRingsPlaced, queueSetup } from './rings';
import type { VirtioPciState } from './state';

/** What a virtio device is made of, on this side. */
export interface VirtioDeviceParts {
  readonly state: VirtioPciState;
  readonly config: VirtioPciConfig;
  readonly link: BackEndLink;
  readonly interrupts: VirtioInterrupts;
  /** Lets KVM take notifications, or not. */
  readonly setNotifying: (on: boolean) => void;
  /** Whether the function may access memory. */
  readonly isMaster: () => boolean;
  /** Told of what the driver did wrong. */
  readonly note: (message: string) => void;
}

/** What the driver writes; NEEDS_RESET is the device's own. */
const DRIVER_BITS =
  VIRTIO_CONFIG_S_ACKNOWLEDGE |
  VIRTIO_CONFIG_S_DRIVER |
  VIRTIO_CONFIG_S_DRIVER_OK |
  VIRTIO_CONFIG_S_FEATURES_OK |
  VIRTIO_CONFIG_S_FAILED;

/** Whether bits may be added to a status: virtio 1.2, 3.1.1, the order of steps 2 to 8. */
function inOrder(now: number, added: number): boolean {
  const all = now | added;
  const needs = (bit: number, others: number, of: number): boolean =>
    (added & bit) === 0 || (of & others) === others;
  return (
    (now & VIRTIO_CONFIG_S_FAILED) === 0 &&
    needs(VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_ACKNOWLEDGE, all) &&
    needs(VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_DRIVER, all) &&
    // Step 6: the driver reads back whether FEATURES_OK stayed set, so it cannot come together.
    needs(VIRTIO_CONFIG_S_DRIVER_OK, VIRTIO_CONFIG_S_FEATURES_OK, now)
  );
}

/**
 * The life of a virtio device as its driver drives it: status, features, queues, reset.
 *
 *     0 --ACKNOWLEDGE--> --DRIVER--> features --FEATURES_OK--> queues --DRIVER_OK--> active
 *     ^                                                                       |         |
 *     +---- reset, from anywhere ----  NEEDS_RESET  <--- nothing to serve ----+---------+
 *
 * Each register can be written in its own part of the way only. What comes too early, too late, out
 * of order or with a wrong value is dropped and noted: the guest harms nobody but itself.
 */
export class VirtioDevice {
  readonly #parts: VirtioDeviceParts;
  readonly #offered: bigint;

  constructor(parts: VirtioDeviceParts) {
    this.#parts = parts;
    this.#offered = offeredFeatures(parts.config);
  }

  /** The device status, VIRTIO_CONFIG_S_*. */
  get status(): number {
    const { state, link } = this.#parts;
    const { status, needs_reset, active } = state.registers;
    const broken = needs_reset !== 0 || (active !== 0 && link.page.needsReset);
    return broken ? status | VIRTIO_CONFIG_S_NEEDS_RESET : status;
  }

  /** Whether features can be written: from DRIVER to FEATURES_OK. Virtio 1.2, 2.2.1 and 3.1.1. */
  get takesFeatures(): boolean {
    const bits = VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK;
    return (this.#parts.state.registers.status & bits) === VIRTIO_CONFIG_S_DRIVER;
  }

  /** Whether there is a driver that may write to the device's own configuration. */
  get hasDriver(): boolean {
    return (this.#parts.state.registers.status & VIRTIO_CONFIG_S_DRIVER) !== 0;
  }

  /** The features that the driver accepted, or is about to. */
  get features(): bigint {
    const { driver_feature_low: low, driver_feature_high: high } = this.#parts.state.registers;
    return BigInt(low) | (BigInt(high) << 32n);
  }

  /** 32 bits of the offered features. */
  offered(select: number): number {
    return select < 2 ? Number((this.#offered >> BigInt(32 * select)) & 0xffff_ffffn) : 0;
  }

  /** The driver wrote to the device status. Zero resets (virtio 1.2, 4.1.4.3.2 and 2.4). */
  writeStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const { registers } = this.#parts.state;
    const now = registers.status;
    const added = value & DRIVER_BITS & ~now;
    // 2.1.1: the driver must not clear a bit.
    if ((now & ~value) !== 0 || !inOrder(now, added)) {
      this.#parts.note(`status 0x${value.toString(16)} after 0x${now.toString(16)} is dropped`);
      return;
    }
    registers.status = now | (added & ~(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK));
    if ((added & VIRTIO_CONFIG_S_FEATURES_OK) !== 0) {
      this.#negotiate();
    }
    if ((added & VIRTIO_CONFIG_S_DRIVER_OK) !== 0) {
      registers.status |= VIRTIO_CONFIG_S_DRIVER_OK;
      this.#activate();
    }
  }

  /** Back to the beginning, whatever the device is doing. When it returns, it does nothing. */
  reset(): void {
    const { state, config, link, interrupts } = this.#parts;
    this.#disengage();
    state.resetRegisters(config.queueMaxSizes);
    interrupts.update();
    interrupts.clear();
    link.page.clear();
  }

  /** The function may not access memory any more: a device that runs cannot go on. */
  lostBusMaster(): void {
    if (this.#parts.state.registers.active !== 0) {
      this.#disengage();
      this.#parts.interrupts.update();
      this.#giveUp('bus mastering was disabled while the device ran');
    }
  }

  /**
   * Whether the registers of queue `index` can be written: after features are negotiated, before the
   * queue is enabled, and before the device runs, unless the queue was reset. Virtio 1.2, 3.1.1 step 7
   * and 4.1.4.3.2; guests that could go on wrote host memory (CVE-2026-5747).
   */
  takesQueueSetup(index: number): boolean {
    const { registers } = this.#parts.state;
    const { enabled, was_reset } = this.#parts.state.queue(index);
    return (
      (registers.status & VIRTIO_CONFIG_S_FEATURES_OK) !== 0 &&
      enabled === 0 &&
      ((registers.status & VIRTIO_CONFIG_S_DRIVER_OK) === 0 || was_reset !== 0)
    );
  }

  /** The driver enabled queue `index`, which takes a set-up. */
  enableQueue(index: number): void {
    const { state, link } = this.#parts;
    const queue = state.queue(index);
    queue.enabled = 1;
    queue.was_reset = 0;
    if (state.registers.active === 0) {
      return;
    }
    const setup = queueSetup(queue);
    if (!areRingsPlaced(setup)) {
      this.#giveUp(`queue ${index} has rings that cannot be`);
      return;
    }
    link.page.publishQueue(index, setup);
    if (!link.ask({ kind: RequestKind.QueueEnable, queue: index })) {
      this.#giveUp(`the back end refuses queue ${index}`);
    }
  }

  /**
   * The driver resets queue `index`, if that is negotiated and it is enabled. It is done when this
   * returns, so `queue_reset` never reads anything but 0. Virtio 1.2, 2.6.1 and 4.1.4.3.1.
   */
  resetQueue(index: number): void {
    const { state, config, link, interrupts } = this.#parts;
    const allowed =
      (state.registers.status & VIRTIO_CONFIG_S_FEATURES_OK) !== 0 &&
      hasFeature(this.features, VIRTIO_F_RING_RESET);
    if (!allowed || state.queue(index).enabled === 0) {
      return;
    }
    const isActive = state.registers.active !== 0;
    if (isActive && !link.ask({ kind: RequestKind.QueueReset, queue: index })) {
      // Whatever it still does to the ring: it must not be set up anew under it.
      this.#giveUp(`the back end did not reset queue ${index}`);
      return;
    }
    const { vector } = state.queue(index);
    state.resetQueue(index, config.queueMaxSizes[index] ?? 0);
    state.queue(index).was_reset = 1;
    interrupts.queueVectorChanged(index, vector);
    interrupts.clearQueue(index);
  }

  /** The driver notified queue `index`, which may not exist, in a way that KVM did not take. */
  notify(index: number): void {
    const { state, link } = this.#parts;
    const runs = index < state.queueCount && state.registers.active !== 0;
    if (runs && state.queue(index).enabled !== 0) {
      link.kick(index);
    }
  }

  /** FEATURES_OK: stays clear if the driver's choice cannot be. Virtio 1.2, 2.2.2 and 3.1.1, step 5. */
  #negotiate(): void {
    const { features } = this;
    // 6.1 and 6.2: a device may insist on these two. It is not a legacy device.
    const insisted = this.#offered & featureMask(VIRTIO_F_VERSION_1, VIRTIO_F_ACCESS_PLATFORM);
    if ((features & ~this.#offered) !== 0n || (features & insisted) !== insisted) {
      this.#parts.note(`features 0x${features.toString(16)} are refused`);
      return;
    }
    this.#parts.state.registers.status |= VIRTIO_CONFIG_S_FEATURES_OK;
  }

  /** DRIVER_OK: publishes what the driver has set up and starts the back end. */
  #activate(): void {
    const { interrupts } = this.#parts;
    const problem = this.#publish() ?? this.#start();
    interrupts.update();
    if (problem !== undefined) {
      this.#giveUp(problem);
    }
  }

  /** Starts the back end on what was published; says what is wrong if it refuses. */
  #start(): string | undefined {
    const { state, link, setNotifying } = this.#parts;
    state.registers.engaged = 1;
    if (!link.ask({ kind: RequestKind.Activate })) {
      return 'the back end refuses the queues';
    }
    state.registers.active = 1;
    setNotifying(true);
    return undefined;
  }

  /** Fills the device page; says what is wrong with what the driver has set up. */
  #publish(): string | undefined {
    const { state, config, link, isMaster } = this.#parts;
    if (state.registers.lost !== 0) {
      return 'the back end did not acknowledge a reset';
    }
    if (!isMaster()) {
      return 'bus mastering is disabled';
    }
    let enabled = 0;
    for (let index = 0; index < state.queueCount; index += 1) {
      const setup = queueSetup(state.queue(index));
      if (setup.enabled && !areRingsPlaced(setup)) {
        return `queue ${index} has rings that cannot be`;
      }
      enabled += setup.enabled ? 1 : 0;
      link.page.publishQueue(index, setup.enabled ? setup : NO_QUEUE);
    }
    if (enabled === 0 && state.queueCount > 0) {
      return 'no queue is enabled';
    }
    link.page.publishPin(state.registers.msix_mode === 0);
    link.page.publish(this.features, state.registers.status, config.queueMaxSizes.length);
    return undefined;
  }

  /** Stops the back end if it was ever started, and waits for it. */
  #disengage(): void {
    const { state, link, setNotifying } = this.#parts;
    const { registers } = state;
    if (registers.active !== 0) {
      setNotifying(false);
      registers.active = 0;
    }
    if (registers.engaged !== 0) {
      registers.engaged = 0;
      if (!link.ask({ kind: RequestKind.Reset })) {
        registers.lost = 1;
        this.#noteFailure('the back end did not acknowledge a reset: the device is out of order');
      }
    }
  }

  /**
   * Sets NEEDS_RESET, and tells a driver that is running (virtio 1.2, 2.1.2). Until the reset, the
   * back end is left alone.
   */
  #giveUp(reason: string): void {
    const { state, interrupts } = this.#parts;
    this.#noteFailure(`needs a reset: ${reason}`);
    state.registers.needs_reset = 1;
    if ((state.registers.status & VIRTIO_CONFIG_S_DRIVER_OK) !== 0) {
      interrupts.raiseConfig();
    }
  }

  /** Notes what went wrong, unless there is no back end any more: then that is what went wrong. */
  #noteFailure(message: string): void {
    const { link, note } = this.#parts;
    if (!link.isGone) {
      note(message);
    }
  }
}

const NO_QUEUE = { enabled: false, size: 0, desc: 0, avail: 0, used: 0 };

import type { Logger } from '@crosvm/sys-util';
import {
  VIRTIO_NET_F_STATUS,
  VIRTIO_NET_S_ANNOUNCE,
  VIRTIO_NET_S_LINK_UP,
  virtio_net_config,
} from '@crosvm/virtio-sys';

import type { ActivationContext, VirtioBackend } from '../backend';
import { hasFeature } from '../features';
import { serveQueue } from '../queue/serve-queue';
import { controlQueue } from './config-space';
import { type CommandTarget, ControlQueue } from './control-queue';
import type { DataPath, DataPathEvents } from './data-path';
import type { NetConfig } from './net-config';
import { GUEST_OFFLOAD_FEATURES, tapOffload } from './offloads';

const MAC_AT = virtio_net_config.offsetOf('mac');
const STATUS_AT = virtio_net_config.offsetOf('status');
const STATUS_END = virtio_net_config.offsetOf('max_virtqueue_pairs');

/** A network card. VIRTIO 1.2, 5.1. */
export class Net implements VirtioBackend, CommandTarget, DataPathEvents {
  readonly #config: NetConfig;
  readonly #path: DataPath;
  readonly #logger: Logger;
  readonly #control: ControlQueue;
  #context: ActivationContext | undefined;
  #controlIndex = -1;
  #status = VIRTIO_NET_S_LINK_UP;
  #macChanged = false;
  #isLost = false;

  /** @param makePath makes what serves the queues of frames */
  constructor(config: NetConfig, logger: Logger, makePath: (events: DataPathEvents) => DataPath) {
    this.#config = config;
    this.#logger = logger;
    this.#control = new ControlQueue(this, logger);
    this.#path = makePath(this);
  }

  activate(context: ActivationContext): void {
    this.#context = context;
    const { features } = context;
    this.#controlIndex = controlQueue(this.#config, features);
    this.#control.start(features);
    this.#path.setOffload(tapOffload(features));
    this.#path.start(context);
  }

  handleQueue(index: number): boolean {
    if (index !== this.#controlIndex) {
      return index < this.#controlIndex && this.#path.handleQueue(index);
    }
    const queue = this.#context?.queues[index];
    return queue !== undefined && serveQueue(queue, this.#control);
  }

  resetQueue(index: number): void {
    if (index < this.#controlIndex) {
      this.#path.resetQueue(index);
    }
  }

  get handsOver(): boolean {
    return this.#path.handsOver;
  }

  suspend(): void {
    this.#path.suspend?.();
  }

  resume(): void {
    this.#path.resume?.();
  }

  reset(): void {
    this.#path.stop();
    if (this.#macChanged) {
      this.#macChanged = false;
      this.#context?.updateConfig(MAC_AT, Uint8Array.from(this.#config.mac));
    }
    this.#context = undefined;
  }

  [Symbol.dispose](): void {
    this.#path[Symbol.dispose]();
    this.#context = undefined;
  }

  setPairs(pairs: number): boolean {
    // Virtio 1.2, 5.1.6.5.5.1.
    return pairs >= 1 && pairs <= this.#config.pairs && this.#path.setPairs(pairs);
  }

  setMac(mac: Uint8Array): boolean {
    this.#macChanged = true;
    this.#context?.updateConfig(MAC_AT, mac);
    return true;
  }

  setGuestOffloads(features: bigint): boolean {
    const negotiated = (this.#context?.features ?? 0n) & GUEST_OFFLOAD_FEATURES;
    return (features & ~negotiated) === 0n && this.#path.setOffload(tapOffload(features));
  }

  announced(): boolean {
    this.#setStatus(this.#status & ~VIRTIO_NET_S_ANNOUNCE);
    return true;
  }

  lost(reason: string): void {
    // A driver that goes on is not told of again.
    if (!this.#isLost) {
      this.#isLost = true;
      this.#logger.warn(`the link is down: ${reason}`);
    }
    this.#setStatus(this.#status & ~VIRTIO_NET_S_LINK_UP);
  }

  #setStatus(status: number): void {
    const context = this.#context;
    if (status !== this.#status && context && hasFeature(context.features, VIRTIO_NET_F_STATUS)) {
      this.#status = status;
      context.updateConfig(
        STATUS_AT,
        virtio_net_config.from({ status }).slice(STATUS_AT, STATUS_END),
      );
    }
  }
}

import { type Logger, type Poller, SysError } from '@crosvm/sys-util';
import { VhostVsock } from '@crosvm/vhost';
import { VIRTIO_ID_VSOCK, VIRTIO_VSOCK_F_SEQPACKET, virtio_vsock_config } from '@crosvm/virtio-sys';

import type { ActivationContext, DeviceModule, VirtioBackend } from '../backend';
import { featureMask } from '../features';
import { QueueErrors } from './queue-errors';
import { VHOST_VSOCK_FEATURES } from './vhost-features';
import { giveQueue } from './vhost-queue';

const QUEUE_SIZE = 256;

/** Queues that the kernel serves: for receiving and sending. Virtio 1.2, 5.10.2. */
const KERNEL_QUEUES = [0, 1] as const;

const SEQPACKET = featureMask(VIRTIO_VSOCK_F_SEQPACKET);

/** Sockets between guest and host, as their back end needs to know them: plain data. */
export interface VsockConfig {
  /** The guest's address. */
  readonly cid: number;
  /** Whether the kernel has SOCK_SEQPACKET. */
  readonly seqpacket: boolean;
}

/** What the back end is made of. */
interface VsockParts {
  /** This process is its owner, and the guest's address is set. */
  readonly device: VhostVsock;
  readonly poller: Poller;
  readonly logger: Logger;
}

/**
 * Sockets between guest and host. VIRTIO 1.2, 5.10. The kernel serves them, but for the event queue:
 * there is nothing to tell, so its buffers stay where they are.
 */
class Vsock implements VirtioBackend {
  readonly handsOver = true;
  readonly #device: VhostVsock;
  readonly #errors: QueueErrors;
  readonly #seqpacket: bigint;
  #context: ActivationContext | undefined;
  /** By queue: where the kernel is to go on. */
  readonly #bases = KERNEL_QUEUES.map(() => 0);
  #running = false;

  /** @throws SysError EMFILE, ENFILE */
  constructor({ seqpacket }: VsockConfig, { device, poller }: VsockParts) {
    this.#device = device;
    this.#seqpacket = seqpacket ? SEQPACKET : 0n;
    this.#errors = new QueueErrors(poller, KERNEL_QUEUES.length, (index) =>
      this.#context?.fail(index, 'the kernel cannot go on with it'),
    );
  }

  activate(context: ActivationContext): void {
    this.#context = context;
    this.#bases.fill(0);
    const known = VHOST_VSOCK_FEATURES | this.#seqpacket;
    this.#device.setFeatures(context.features & known);
    this.#device.setMemory(context.memory.regions);
    this.#start();
  }

  /** A queue was enabled later, or it is that of events. */
  handleQueue(): boolean {
    this.#start();
    return false;
  }

  /** The kernel stops both queues or none, so the other one waits until both are there again. */
  resetQueue(index: number): void {
    if (index < KERNEL_QUEUES.length) {
      this.#stop();
      this.#bases[index] = 0;
    }
  }

  suspend(): void {
    this.#stop();
  }

  resume(): void {
    this.#start();
  }

  reset(): void {
    this.#stop();
    this.#context = undefined;
  }

  [Symbol.dispose](): void {
    this.reset();
    this.#errors[Symbol.dispose]();
    this.#device.close();
  }

  #start(): void {
    const context = this.#context;
    // Not before both are there: the kernel starts them together.
    if (!context || this.#running || KERNEL_QUEUES.some((index) => !context.queues[index])) {
      return;
    }
    try {
      for (const index of KERNEL_QUEUES) {
        const handover = context.handOver(index);
        if (handover !== undefined) {
          const queue = { device: this.#device, index, base: this.#bases[index] ?? 0 };
          const errorFd = this.#errors.fdOf(index);
          giveQueue({ ...queue, errorFd }, handover, context.memory);
        }
      }
      this.#device.setRunning(true);
      this.#running = true;
      // The kernel looks at a queue when it is kicked, and a kick of before was for nothing.
      KERNEL_QUEUES.forEach((index) => context.serve(index));
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
      context.fail(0, error.message);
    }
  }

  #stop(): void {
    if (this.#running) {
      this.#running = false;
      this.#device.setRunning(false);
      for (const index of KERNEL_QUEUES) {
        this.#bases[index] = this.#device.vringBase(index);
        this.#device.setVringKick(index, undefined);
        this.#device.setVringCall(index, undefined);
      }
    }
  }
}

/** Sockets between guest and host. The descriptor: that of a vhost-vsock device; see `openVsock`. */
export const vhostVsock: DeviceModule<VsockConfig> = {
  name: 'vhost_vsock',
  deviceType: VIRTIO_ID_VSOCK,
  policy: 'vhost_vsock_device',
  queueMaxSizes: () => [QUEUE_SIZE, QUEUE_SIZE, QUEUE_SIZE],
  features: ({ seqpacket }) => (seqpacket ? SEQPACKET : 0n),
  configSpace: ({ cid }) => virtio_vsock_config.from({ guest_cid: cid }),
  create: (config, { fds, poller, logger }) => {
    const [fd] = fds;
    if (fd === undefined) {
      throw new RangeError('sockets without a vhost device');
    }
    const device = new VhostVsock(fd);
    // The kernel makes its thread here, which a lock-down may forbid later.
    device.setOwner();
    return new Vsock(config, { device, poller, logger });
  },
};

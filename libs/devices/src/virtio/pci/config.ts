import {
  VIRTIO_F_NOTIF_CONFIG_DATA,
  VIRTIO_F_NOTIFICATION_DATA,
  VIRTIO_F_RING_PACKED,
  VIRTIO_F_SR_IOV,
  VIRTIO_F_VERSION_1,
} from '@crosvm/virtio-sys';

import type { InterruptWirePlan, IntxPlan } from '../../pci/pci-host';
import type { PciFunctionRequest } from '../../pci/pci-function';
import type { ByteRange } from '../backend';
import { MAX_DEVICE_CONFIG } from '../device-page';
import { featureMask, hasFeature } from '../features';
import { MAX_QUEUES } from './layout';

/** A virtio device behind PCI, as its front end needs to know it. Plain data; fds are numbers. */
export interface VirtioPciConfig {
  /** VIRTIO_ID_*. */
  readonly deviceType: number;
  /** The features it offers, without VIRTIO_F_VERSION_1, which goes without saying. */
  readonly features: bigint;
  /** The most descriptors of each queue: powers of two up to 32768. */
  readonly queueMaxSizes: readonly number[];
  /** Bytes of its own configuration, which whoever made the device page has put there. */
  readonly configSize: number;
  /** What of that the driver may write: whole accesses inside one range. Default: nothing. */
  readonly configWritable?: readonly ByteRange[];
  /** The memfd of its device page, `devicePageSize` bytes. */
  readonly pageFd: number;
  /** The socket on which its back end answers requests. */
  readonly channelFd: number;
  /** An eventfd for each queue, by which the back end is kicked. */
  readonly kickFds: readonly number[];
  /** By queue, what the back end signals when it has used buffers; last, for its configuration. */
  readonly wires: readonly InterruptWirePlan[];
  /** Its pin. */
  readonly intx: IntxPlan;
}

/** What a virtio device can be made of, and this transport cannot. */
const IMPOSSIBLE_FEATURES = [
  VIRTIO_F_RING_PACKED,
  VIRTIO_F_SR_IOV,
  VIRTIO_F_NOTIFICATION_DATA,
  VIRTIO_F_NOTIF_CONFIG_DATA,
];

/** Most descriptors of a split queue. Virtio 1.2, 2.7. */
const MAX_QUEUE_SIZE = 32_768;

/** The features that the guest is offered. */
export function offeredFeatures({ features }: VirtioPciConfig): bigint {
  return features | featureMask(VIRTIO_F_VERSION_1);
}

/** Whether a queue may have so many descriptors: a power of two. Virtio 1.2, 2.7. */
export function isQueueSize(size: number): boolean {
  return size >= 1 && size <= MAX_QUEUE_SIZE && (size & (size - 1)) === 0;
}

/**
 * Checks what the VMM asks for.
 * @throws RangeError if there cannot be such a device
 */
function checkVirtioPciConfig(config: VirtioPciConfig): void {
  const { queueMaxSizes, kickFds, wires, configSize, features, configWritable = [] } = config;
  const queues = queueMaxSizes.length;
  if (queues > MAX_QUEUES || !queueMaxSizes.every(isQueueSize)) {
    throw new RangeError(`no virtio device has queues of ${queueMaxSizes.join(', ')}`);
  }
  if (kickFds.length !== queues || wires.length !== queues + 1) {
    throw new RangeError(`${kickFds.length} kicks and ${wires.length} wires for ${queues} queues`);
  }
  const inside = configWritable.every(({ offset, length }) => offset + length <= configSize);
  if (!(configSize >= 0 && configSize <= MAX_DEVICE_CONFIG) || !inside) {
    throw new RangeError(`no configuration of ${configSize} bytes`);
  }
  const impossible = IMPOSSIBLE_FEATURES.filter((bit) => hasFeature(features, bit));
  if (impossible.length > 0) {
    throw new RangeError(`virtio-pci cannot offer feature ${impossible.join(', ')}`);
  }
}

/** A virtio device, to be put on the bus. */
export function virtioPciRequest(config: VirtioPciConfig): PciFunctionRequest {
  checkVirtioPciConfig(config);
  return { module: 'virtio-pci', config };
}

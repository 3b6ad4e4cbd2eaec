import { TWO_POW_32 } from '@crosvm/data-model';
import {
  VRING_AVAIL_ALIGN_SIZE,
  VRING_DESC_ALIGN_SIZE,
  vring_desc,
  VRING_USED_ALIGN_SIZE,
  vring_used_elem,
} from '@crosvm/virtio-sys';

import type { QueueSetup } from '../device-page';
import type { QueueRegisters } from './state';

/** Bytes of a ring's flags, index and event index. */
const RING_OVERHEAD = 6;
const AVAIL_ENTRY_SIZE = 2;

/** How the driver has set a queue up. */
export function queueSetup(queue: QueueRegisters): QueueSetup {
  return {
    enabled: queue.enabled !== 0,
    size: queue.size,
    desc: queue.desc_low + queue.desc_high * TWO_POW_32,
    avail: queue.avail_low + queue.avail_high * TWO_POW_32,
    used: queue.used_low + queue.used_high * TWO_POW_32,
  };
}

function isPlaced(at: number, alignment: number, length: number): boolean {
  return at % alignment === 0 && at <= Number.MAX_SAFE_INTEGER - length;
}

/**
 * Whether the rings of a queue are aligned (virtio 1.2, 2.7) and end below 2^53. Whether there is
 * memory, the back end knows, which has it.
 */
export function areRingsPlaced({ size, desc, avail, used }: QueueSetup): boolean {
  return (
    isPlaced(desc, VRING_DESC_ALIGN_SIZE, size * vring_desc.size) &&
    isPlaced(avail, VRING_AVAIL_ALIGN_SIZE, RING_OVERHEAD + size * AVAIL_ENTRY_SIZE) &&
    isPlaced(used, VRING_USED_ALIGN_SIZE, RING_OVERHEAD + size * vring_used_elem.size)
  );
}

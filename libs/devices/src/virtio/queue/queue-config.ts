import { type GuestAddress, isAligned } from '@crosvm/data-model';
import {
  VRING_AVAIL_ALIGN_SIZE,
  VRING_DESC_ALIGN_SIZE,
  VRING_USED_ALIGN_SIZE,
  vring_avail,
  vring_desc,
  vring_used,
  vring_used_elem,
} from '@crosvm/virtio-sys';

/** Most descriptors of a split queue. Virtio 1.2, 2.7. */
const MAX_QUEUE_SIZE = 32_768;

/** Bytes of `used_event` and `avail_event`, which follow the entries of the rings. */
const EVENT_BYTES = 2;
const AVAIL_ENTRY_BYTES = 2;

/** Where a split queue is, as its driver set it up. */
export interface QueueConfig {
  /** Descriptors. */
  readonly size: number;
  /** The descriptor table. */
  readonly desc: GuestAddress;
  /** The available ring, which the specification calls driver area. */
  readonly avail: GuestAddress;
  /** The used ring, the device area. */
  readonly used: GuestAddress;
}

/** What there is of guest memory. */
export interface MemoryRanges {
  /** Whether all `length` bytes at `at` are in one region. */
  contains(at: GuestAddress, length: number): boolean;
}

/** Bytes of a descriptor table of `size` descriptors. */
export function descTableBytes(size: number): number {
  return size * vring_desc.size;
}

/** Bytes of an available ring, with its event index. */
export function availRingBytes(size: number): number {
  return vring_avail.size + size * AVAIL_ENTRY_BYTES + EVENT_BYTES;
}

/** Bytes of a used ring, with its event index. */
export function usedRingBytes(size: number): number {
  return vring_used.size + size * vring_used_elem.size + EVENT_BYTES;
}

/**
 * What is wrong with a queue's set-up; undefined if it can be used. The numbers are the guest's.
 * Parts that overlap are allowed: they harm nobody but their driver.
 */
export function queueConfigFault(memory: MemoryRanges, config: QueueConfig): string | undefined {
  const { size } = config;
  // Virtio 1.2, 2.7: a power of 2, at most 32768.
  if (!(size >= 1 && size <= MAX_QUEUE_SIZE) || (size & (size - 1)) !== 0) {
    return `a queue of ${size} descriptors`;
  }
  // Virtio 1.2, 2.7 and 2.7.1: sizes and alignments of the parts.
  const parts = [
    { name: 'descriptor table', at: config.desc, bytes: descTableBytes(size) },
    { name: 'available ring', at: config.avail, bytes: availRingBytes(size) },
    { name: 'used ring', at: config.used, bytes: usedRingBytes(size) },
  ];
  const alignments = [VRING_DESC_ALIGN_SIZE, VRING_AVAIL_ALIGN_SIZE, VRING_USED_ALIGN_SIZE];
  const bad = parts.find(
    ({ at, bytes }, index) => !isAligned(at, alignments[index] ?? 1) || !memory.contains(at, bytes),
  );
  return bad && `the ${bad.name} of ${bad.bytes} bytes at 0x${bad.at.toString(16)}`;
}

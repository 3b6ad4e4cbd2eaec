import { GuestMemory, Iovecs } from '@crosvm/sys-util';
import { VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC } from '@crosvm/virtio-sys';

import { featureMask } from '../features';
import type { BufferList } from '../queue/buffer-list';
import { VirtQueue } from '../queue/virt-queue';
import { MockDriver, type MockDriverOptions } from './mock-driver';

const MIB = 1024 ** 2;

/** Where the second region of `testMemory` is. */
export const HIGH_MEMORY = 4 * 1024 ** 3;

/** Bytes of the second region: so that buffers cross pieces of 16 MiB. */
export const HIGH_BYTES = 33 * MIB;

/** Guest memory with a hole and with addresses above 4 GiB. */
export function testMemory(): GuestMemory {
  return GuestMemory.create([
    { at: 0, size: MIB },
    { at: HIGH_MEMORY, size: HIGH_BYTES },
  ]);
}

/** What a queue was negotiated with. */
export const Features = {
  none: 0n,
  indirect: featureMask(VIRTIO_RING_F_INDIRECT_DESC),
  eventIdx: featureMask(VIRTIO_RING_F_EVENT_IDX),
  all: featureMask(VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX),
} as const;

/** A queue and its driver. */
export interface TestQueue {
  readonly driver: MockDriver;
  readonly queue: VirtQueue;
}

/** A queue and its driver over memory of their own, or over `memory`. */
export function testQueue(
  options: MockDriverOptions & { features?: bigint; memory?: GuestMemory } = {},
): TestQueue {
  const { features = Features.all, memory = testMemory(), ...rest } = options;
  const driver = new MockDriver(memory, rest);
  return { driver, queue: new VirtQueue(memory, driver.config, { features }) };
}

/** A range of host addresses. */
export interface HostRange {
  readonly address: number;
  readonly length: number;
}

/** All iovecs of a list of buffers. */
export function hostRanges(list: BufferList): HostRange[] {
  const iovecs = new Iovecs(list.count);
  list.select(0, list.total, iovecs);
  return Array.from({ length: iovecs.count }, (_, index) => ({
    address: iovecs.addressOf(index),
    length: iovecs.lengthOf(index),
  }));
}

/** The ranges that are not, or not all, guest memory. There must be none. */
export function outsideOf(memory: GuestMemory, ranges: readonly HostRange[]): HostRange[] {
  return ranges.filter(
    ({ address, length }) =>
      !memory.regions.some(
        ({ host, size }) => address >= host && length <= size && address - host <= size - length,
      ),
  );
}

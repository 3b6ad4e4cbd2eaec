import { BufferList } from './buffer-list';
import type { MemoryMap } from './memory-map';

/** A chain of descriptors that the driver made available: what the device may read and write. */
export class DescriptorChain {
  /** The index of its first descriptor, by which the driver knows it. */
  head = 0;
  /** What the device reads. */
  readonly readable: BufferList;
  /** What the device writes. */
  readonly writable: BufferList;

  /** @param capacity most buffers of each kind */
  constructor(map: MemoryMap, capacity: number) {
    this.readable = new BufferList(map, capacity);
    this.writable = new BufferList(map, capacity);
  }
}

import { alignUp, type GuestAddress } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';
import {
  VRING_DESC_F_INDIRECT,
  VRING_DESC_F_NEXT,
  VRING_DESC_F_WRITE,
  vring_avail,
  vring_desc,
  vring_used,
  vring_used_elem,
} from '@crosvm/virtio-sys';

import {
  availRingBytes,
  descTableBytes,
  type QueueConfig,
  usedRingBytes,
} from '../queue/queue-config';

const AVAIL_ENTRY_BYTES = 2;
/** Where memory is handed out from by default: above what a test puts at fixed addresses. */
const DEFAULT_BASE = 0x1_0000;

/** A descriptor as the driver writes it, valid or not. */
export interface RawDescriptor {
  /** Guest-physical; also beyond 2^53, as a bigint. */
  readonly addr: GuestAddress | bigint;
  /** Bytes. */
  readonly len: number;
  /** VRING_DESC_F_*; default none. */
  readonly flags?: number;
  readonly next?: number;
}

/** A buffer of a chain. */
export interface ChainBuffer {
  readonly at: GuestAddress;
  /** Bytes. */
  readonly length: number;
  /** The device writes it; else it reads it. */
  readonly writable?: boolean;
}

/** An entry of the used ring. */
export interface UsedEntry {
  readonly id: number;
  /** Bytes. */
  readonly len: number;
}

/** How a driver sets up its queue. */
export interface MockDriverOptions {
  /** Descriptors; default 16. */
  readonly size?: number;
  /** Where the queue, and what `allocate` gives, begins; default 64 KiB. */
  readonly base?: GuestAddress;
}

/**
 * A driver of one split queue, for tests of devices: it lays out rings in guest memory as a guest
 * does, makes chains, and also does everything that a driver must not.
 */
export class MockDriver {
  readonly memory: GuestMemory;
  /** Where the queue is. */
  readonly config: QueueConfig;
  #free: GuestAddress;
  #nextDescriptor = 0;
  #nextAvail = 0;
  #nextUsed = 0;

  constructor(memory: GuestMemory, { size = 16, base = DEFAULT_BASE }: MockDriverOptions = {}) {
    this.memory = memory;
    this.#free = base;
    this.config = {
      size,
      desc: this.allocate(descTableBytes(size), 16),
      avail: this.allocate(availRingBytes(size), 2),
      used: this.allocate(usedRingBytes(size), 4),
    };
    this.clear();
  }

  /** Forgets everything and zeroes the rings, as after a reset. */
  clear(): void {
    const { size, desc, avail, used } = this.config;
    this.memory.fill(desc, descTableBytes(size), 0);
    this.memory.fill(avail, availRingBytes(size), 0);
    this.memory.fill(used, usedRingBytes(size), 0);
    this.#nextDescriptor = 0;
    this.#nextAvail = 0;
    this.#nextUsed = 0;
  }

  /** Guest memory that nobody else got. It is never given back. */
  allocate(length: number, alignment = 16): GuestAddress {
    const at = alignUp(this.#free, alignment);
    this.#free = at + length;
    return at;
  }

  /** Guest memory with these bytes. */
  place(content: Uint8Array, alignment = 16): GuestAddress {
    const at = this.allocate(content.length, alignment);
    this.memory.write(at, content);
    return at;
  }

  /** Writes a descriptor of the queue's table, or of the table at `table`. */
  writeDescriptor(index: number, descriptor: RawDescriptor, table = this.config.desc): void {
    const { addr, len, flags = 0, next = 0 } = descriptor;
    const at = table + index * vring_desc.size;
    this.memory.writeU64(at + vring_desc.offsetOf('addr'), BigInt(addr));
    this.memory.writeU32(at + vring_desc.offsetOf('len'), len);
    this.memory.writeU16(at + vring_desc.offsetOf('flags'), flags);
    this.memory.writeU16(at + vring_desc.offsetOf('next'), next);
  }

  /**
   * Writes a chain into the next descriptors of the table, round and round, and returns its head.
   * @throws RangeError if it has no buffers or more than the queue's size
   */
  writeChain(buffers: readonly ChainBuffer[]): number {
    const { size } = this.config;
    if (buffers.length === 0 || buffers.length > size) {
      throw new RangeError(`a chain of ${buffers.length} buffers in a queue of ${size}`);
    }
    const indices = buffers.map((_, index) => (this.#nextDescriptor + index) % size);
    this.#nextDescriptor = (this.#nextDescriptor + buffers.length) % size;
    buffers.forEach((buffer, index) => {
      this.writeDescriptor(indices[index] ?? 0, descriptorOf(buffer, indices[index + 1]));
    });
    return indices[0] ?? 0;
  }

  /** Writes an indirect table with these buffers; returns its address. */
  writeTable(buffers: readonly ChainBuffer[], alignment = 16): GuestAddress {
    const table = this.allocate(buffers.length * vring_desc.size, alignment);
    buffers.forEach((buffer, index) => {
      const next = index + 1 < buffers.length ? index + 1 : undefined;
      this.writeDescriptor(index, descriptorOf(buffer, next), table);
    });
    return table;
  }

  /** Writes a descriptor of an indirect table and returns its index. */
  writeIndirect(table: GuestAddress, length: number, flags = 0): number {
    const head = this.#nextDescriptor;
    this.#nextDescriptor = (head + 1) % this.config.size;
    this.writeDescriptor(head, { addr: table, len: length, flags: VRING_DESC_F_INDIRECT | flags });
    return head;
  }

  /** Writes chains and makes them available, all at once; returns their heads. */
  add(...chains: readonly (readonly ChainBuffer[])[]): number[] {
    const heads = chains.map((buffers) => this.writeChain(buffers));
    this.publish(...heads);
    return heads;
  }

  /** Makes a chain available through an indirect table; returns its head. */
  addIndirect(buffers: readonly ChainBuffer[], alignment = 16): number {
    const table = this.writeTable(buffers, alignment);
    const head = this.writeIndirect(table, buffers.length * vring_desc.size);
    this.publish(head);
    return head;
  }

  /** Puts heads into the available ring, and then tells the device by the index. */
  publish(...heads: readonly number[]): void {
    const { size, avail } = this.config;
    heads.forEach((head, index) => {
      const slot = (this.#nextAvail + index) % size;
      this.memory.writeU16(avail + vring_avail.size + slot * AVAIL_ENTRY_BYTES, head);
    });
    this.availIndex = this.#nextAvail + heads.length;
  }

  /** The index of the available ring; may be set to anything. */
  get availIndex(): number {
    return this.memory.readU16(this.config.avail + vring_avail.offsetOf('idx'));
  }

  set availIndex(index: number) {
    this.#nextAvail = index & 0xffff;
    this.memory.writeU16(this.config.avail + vring_avail.offsetOf('idx'), this.#nextAvail);
  }

  /** The flags of the available ring: VRING_AVAIL_F_*. */
  set availFlags(flags: number) {
    this.memory.writeU16(this.config.avail + vring_avail.offsetOf('flags'), flags);
  }

  /** Up to which used entry the driver wants no interrupt, with EVENT_IDX. */
  set usedEvent(index: number) {
    const { avail, size } = this.config;
    this.memory.writeU16(avail + vring_avail.size + size * AVAIL_ENTRY_BYTES, index);
  }

  /** The index of the used ring. */
  get usedIndex(): number {
    return this.memory.readU16(this.config.used + vring_used.offsetOf('idx'));
  }

  /** The flags of the used ring: VRING_USED_F_*. */
  get usedFlags(): number {
    return this.memory.readU16(this.config.used + vring_used.offsetOf('flags'));
  }

  /** Up to which available entry the device wants no notification, with EVENT_IDX. */
  get availEvent(): number {
    const { used, size } = this.config;
    return this.memory.readU16(used + vring_used.size + size * vring_used_elem.size);
  }

  /** What the device gave back since this was asked last, oldest first. */
  collectUsed(): UsedEntry[] {
    const count = (this.usedIndex - this.#nextUsed) & 0xffff;
    const entries = Array.from({ length: count }, (_, index) => this.#usedEntry(index));
    this.#nextUsed = (this.#nextUsed + count) & 0xffff;
    return entries;
  }

  #usedEntry(index: number): UsedEntry {
    const slot = (this.#nextUsed + index) % this.config.size;
    const at = this.config.used + vring_used.size + slot * vring_used_elem.size;
    return {
      id: this.memory.readU32(at + vring_used_elem.offsetOf('id')),
      len: this.memory.readU32(at + vring_used_elem.offsetOf('len')),
    };
  }
}

function descriptorOf({ at, length, writable }: ChainBuffer, next?: number): RawDescriptor {
  const write = writable === true ? VRING_DESC_F_WRITE : 0;
  return next === undefined
    ? { addr: at, len: length, flags: write }
    : { addr: at, len: length, flags: write | VRING_DESC_F_NEXT, next };
}

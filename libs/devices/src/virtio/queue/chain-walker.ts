import { TWO_POW_32 } from '@crosvm/data-model';
import {
  VRING_DESC_F_INDIRECT,
  VRING_DESC_F_NEXT,
  VRING_DESC_F_WRITE,
  vring_desc,
} from '@crosvm/virtio-sys';

import { BufferList } from './buffer-list';
import type { DescriptorChain } from './descriptor-chain';
import { type MemoryMap, PIECE_BYTES } from './memory-map';

const LOW = vring_desc.offsetOf('addr');
const HIGH = LOW + 4;
const LEN = vring_desc.offsetOf('len');
const FLAGS = vring_desc.offsetOf('flags');
const NEXT = vring_desc.offsetOf('next');
const DESC_BYTES = vring_desc.size;

/** Most bytes of a chain. Virtio 1.2, 2.7.5.2. */
const MAX_CHAIN_BYTES = TWO_POW_32;

/**
 * Follows the descriptors of a chain and checks them. The driver may change them meanwhile, so each of
 * their fields is read once, into here, and judged and used from here.
 *
 * The fields are read as signed: so every one is a small integer to the engine and none is allocated.
 */
export class ChainWalker {
  /** What was wrong with the last chain that was refused. */
  fault = '';

  readonly #map: MemoryMap;
  readonly #size: number;
  readonly #indirect: boolean;
  /** An indirect table, and one of its descriptors, where no single view has the whole table. */
  readonly #wideTable: BufferList;
  readonly #wideDescriptor = new DataView(new ArrayBuffer(DESC_BYTES));

  // The table that is being followed.
  #table: DataView;
  #tableAt = 0;
  #entries = 0;
  #wide = false;

  // The descriptor that was read last.
  #low = 0;
  #high = 0;
  #len = 0;
  #flags = 0;
  #next = 0;

  /**
   * @param map guest memory
   * @param table the queue's descriptor table
   * @param indirect whether VIRTIO_RING_F_INDIRECT_DESC was negotiated
   */
  constructor(
    map: MemoryMap,
    private readonly table: DataView,
    indirect: boolean,
  ) {
    this.#map = map;
    this.#size = table.byteLength / DESC_BYTES;
    this.#indirect = indirect;
    this.#table = table;
    this.#wideTable = new BufferList(map, 1);
  }

  /**
   * Fills `chain` with the buffers that begin at descriptor `head`, which is below the queue's size.
   * False, with `fault` set, if the driver broke a rule that the device cannot pass over.
   */
  walk(head: number, chain: DescriptorChain): boolean {
    chain.head = head;
    chain.readable.clear();
    chain.writable.clear();
    this.#table = this.table;
    this.#tableAt = 0;
    this.#entries = this.#size;
    this.#wide = false;
    let index = head;
    let isIndirect = false;
    let sawWritable = false;
    // Virtio 1.2, 2.7.5.3.1: no chain is longer than the queue. This ends loops, too.
    for (let left = this.#size; left > 0;) {
      this.#load(index);
      if ((this.#flags & VRING_DESC_F_INDIRECT) !== 0) {
        if (!this.#enter(isIndirect)) {
          return false;
        }
        isIndirect = true;
        index = 0;
        continue;
      }
      left -= 1;
      const isWritable = (this.#flags & VRING_DESC_F_WRITE) !== 0;
      // Virtio 1.2, 2.7.4.2: what the device writes comes after what it reads.
      if (sawWritable && !isWritable) {
        return this.#fail(`descriptor ${index} is readable after writable ones`);
      }
      sawWritable = isWritable;
      if (!this.#add(isWritable ? chain.writable : chain.readable)) {
        return false;
      }
      if ((this.#flags & VRING_DESC_F_NEXT) === 0) {
        return this.#checkTotal(chain);
      }
      index = this.#next;
      if (index >= this.#entries) {
        return this.#fail(`next descriptor ${index} of ${this.#entries}`);
      }
    }
    return this.#fail(`more than ${this.#size} descriptors in a chain`);
  }

  /** Reads descriptor `index` of the current table. */
  #load(index: number): void {
    let view = this.#table;
    let at = this.#tableAt + index * DESC_BYTES;
    if (this.#wide) {
      view = this.#wideDescriptor;
      this.#wideTable.read(index * DESC_BYTES, DESC_BYTES, view);
      at = 0;
    }
    this.#low = view.getInt32(at + LOW, true);
    this.#high = view.getInt32(at + HIGH, true);
    this.#len = view.getInt32(at + LEN, true);
    this.#flags = view.getUint16(at + FLAGS, true);
    this.#next = view.getUint16(at + NEXT, true);
  }

  /** Goes on in the indirect table that the current descriptor names. */
  #enter(isIndirect: boolean): boolean {
    // Virtio 1.2, 2.7.5.3.1: only if negotiated, not within a table, not with NEXT.
    if (!this.#indirect || isIndirect || (this.#flags & VRING_DESC_F_NEXT) !== 0) {
      return this.#fail('an indirect table where none may be');
    }
    // 2.7.5.3: its length is a multiple of the descriptors'; 2.7.5.3.2: WRITE is ignored.
    const bytes = this.#len >>> 0;
    if (bytes === 0 || bytes % DESC_BYTES !== 0) {
      return this.#fail(`an indirect table of ${bytes} bytes`);
    }
    const piece = this.#map.locate(this.#low, this.#high, bytes);
    if (piece < 0) {
      return this.#failAddress('an indirect table');
    }
    this.#entries = bytes / DESC_BYTES;
    this.#tableAt = this.#map.offset;
    this.#wide = this.#tableAt + bytes > PIECE_BYTES;
    if (this.#wide) {
      this.#wideTable.clear();
      this.#wideTable.push(piece, this.#tableAt, this.#len);
    } else {
      this.#table = this.#map.view(piece);
    }
    return true;
  }

  /** Adds the buffer of the current descriptor. */
  #add(list: BufferList): boolean {
    // An empty buffer is nowhere, so it does not matter where.
    if (this.#len === 0) {
      return true;
    }
    const piece = this.#map.locate(this.#low, this.#high, this.#len);
    if (piece < 0) {
      return this.#failAddress('a buffer');
    }
    list.push(piece, this.#map.offset, this.#len);
    return true;
  }

  #checkTotal({ readable, writable }: DescriptorChain): boolean {
    return readable.total + writable.total <= MAX_CHAIN_BYTES || this.#fail('a chain above 4 GiB');
  }

  #failAddress(what: string): false {
    const at = (this.#high >>> 0) * TWO_POW_32 + (this.#low >>> 0);
    return this.#fail(
      `${what} outside of memory: ${this.#len >>> 0} bytes at 0x${at.toString(16)}`,
    );
  }

  #fail(fault: string): false {
    this.fault = fault;
    return false;
  }
}

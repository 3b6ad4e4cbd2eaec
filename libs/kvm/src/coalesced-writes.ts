import { type Accessor, PAGE_SIZE } from '@crosvm/data-model';
import {
  kvm_coalesced_mmio,
  KVM_COALESCED_MMIO_PAGE_OFFSET,
  kvm_coalesced_mmio_ring,
} from '@crosvm/kvm-sys';

const RING_AT = KVM_COALESCED_MMIO_PAGE_OFFSET * PAGE_SIZE;
/** Writes that fit, and one place more: a full ring is not to look like an empty one. */
const PLACES = Math.floor((PAGE_SIZE - kvm_coalesced_mmio_ring.size) / kvm_coalesced_mmio.size);
const DATA = kvm_coalesced_mmio.offsetOf('data');
const FIRST = kvm_coalesced_mmio_ring.offsetOf('first') >> 2;
const LAST = kvm_coalesced_mmio_ring.offsetOf('last') >> 2;

/**
 * The writes that KVM collected instead of an exit, of all vCPUs of a VM, in their order: a ring that
 * every vCPU's mapping has.
 *
 *     first            last
 *     v                v
 *     | write | write |   | ...      KVM appends at `last`, under a lock of its own
 *
 * What a vCPU wrote before an exit is there when `run` returns. Reading it allocates nothing. It has
 * one reader at a time, who takes a write out after it has done what the write says: so whoever finds
 * the ring empty knows that all of it is done.
 */
export class CoalescedWrites {
  readonly #words: Int32Array;
  readonly #write: Accessor<typeof kvm_coalesced_mmio.fields>;

  /** @param view a vCPU's mapping, with all its pages */
  constructor(view: DataView) {
    this.#words = new Int32Array(view.buffer, view.byteOffset + RING_AT, PAGE_SIZE >> 2);
    this.#write = kvm_coalesced_mmio.over(view, RING_AT);
  }

  /** Whether all writes were taken. */
  get isEmpty(): boolean {
    return Atomics.load(this.#words, FIRST) === Atomics.load(this.#words, LAST);
  }

  /** Where the oldest write goes: a port, if `isPort`, or a guest-physical address. */
  get address(): number {
    return this.#oldest().phys_addr;
  }

  /** Whether the oldest write goes to a port. */
  get isPort(): boolean {
    return this.#oldest().pio !== 0;
  }

  /** Bytes of the oldest write: 1, 2, 4 or 8. */
  get length(): number {
    return this.#oldest().len;
  }

  /** Where in the vCPU's mapping the data of the oldest write is. */
  get dataOffset(): number {
    return this.#at() + DATA;
  }

  /** Takes the oldest write out: it is done. */
  take(): void {
    const next = (Atomics.load(this.#words, FIRST) + 1) % PLACES;
    Atomics.store(this.#words, FIRST, next);
  }

  #at(): number {
    const place = Atomics.load(this.#words, FIRST) % PLACES;
    return RING_AT + kvm_coalesced_mmio_ring.size + place * kvm_coalesced_mmio.size;
  }

  #oldest(): Accessor<typeof kvm_coalesced_mmio.fields> {
    return this.#write.rebase(this.#at());
  }
}

import { IoUring, Iovecs, Mapping, OwnedFd } from '@crosvm/sys-util';

import type { Attacker } from '../attacker';
import { constant } from '../constants';

/** Bytes of `struct io_uring_sqe`, and of `struct io_uring_params`. Source: linux/io_uring.h. */
export const SQE_SIZE = 64;
const PARAMS_SIZE = 120;

/** Where in the parameters the kernel says where things are in the ring. */
const PARAMS = { SQ_TAIL: 44, SQ_ARRAY: 64, CQES: 100 } as const;
const CQE_RESULT = 8;
const GETEVENTS = 1;

const PAGE = 4096;
const OPERATIONS = 8;

/** A ring that takes a submission as it is. */
export interface Ring {
  /** Returns its result: a negative errno if it failed. */
  submit(sqe: Uint8Array): number;
}

function sqesOf(fd: number, count: number): Mapping {
  return Mapping.ofFd(fd, { size: count * SQE_SIZE, offset: constant('IORING_OFF_SQES') });
}

/** A ring as those of disks, made before the lock-down, with a way to its insides. */
export class DiskRing implements Ring {
  readonly #ring: IoUring;
  readonly #sqes: Mapping;
  readonly #range = new Iovecs(1);

  constructor() {
    // The ring has a descriptor of the lowest number that is free.
    const probe = OwnedFd.duplicate(0);
    const number = probe.raw;
    probe.close();
    this.#ring = IoUring.create({ operations: OPERATIONS, ranges: 1 });
    this.#sqes = sqesOf(number, OPERATIONS);
    this.#range.push(this.#sqes.address, 1);
  }

  submit(sqe: Uint8Array): number {
    this.#ring.readv(0, 0, this.#range, 0);
    // Instead of what was just put there.
    this.#sqes.bytes.set(sqe);
    this.#ring.enter(1);
    return this.#ring.next() ? this.#ring.result : 0;
  }
}

/** A ring of the device's own, for as long as nobody keeps it from making one. */
export class OwnRing implements Ring {
  readonly #fd: number;
  readonly #params: DataView;
  readonly #ring: Mapping;
  readonly #sqes: Mapping;

  constructor(private readonly attacker: Attacker) {
    const params = attacker.room(PARAMS_SIZE);
    this.#fd = attacker.call('io_uring_setup', 1, params);
    const bytes = attacker.read(params, PARAMS_SIZE);
    this.#params = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#ring = Mapping.ofFd(this.#fd, { size: PAGE });
    this.#sqes = sqesOf(this.#fd, 1);
  }

  /** To be called once. */
  submit(sqe: Uint8Array): number {
    const { bytes } = this.#ring;
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#sqes.bytes.set(sqe);
    words.setUint32(this.#where(PARAMS.SQ_ARRAY), 0, true);
    words.setUint32(this.#where(PARAMS.SQ_TAIL), 1, true);
    this.attacker.call('io_uring_enter', this.#fd, 1, 1, GETEVENTS, 0, 0);
    return words.getInt32(this.#where(PARAMS.CQES) + CQE_RESULT, true);
  }

  #where(part: number): number {
    return this.#params.getUint32(part, true);
  }
}

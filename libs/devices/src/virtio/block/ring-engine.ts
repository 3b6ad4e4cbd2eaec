import {
  Errno,
  type IoUring,
  POLL_EDGE,
  POLL_READABLE,
  type Poller,
  SysError,
} from '@crosvm/sys-util';
import { VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT } from '@crosvm/virtio-sys';

import type { BlockEngine, Completion } from './block-engine';
import type { BlockRequest } from './block-request';
import { SECTOR_BYTES } from './disk-config';
import { MORE, Transfer } from '@crosvm/disk';

/** What a ring engine works with. */
export interface RingEngineOptions {
  /** With an operation for each request that can be on its way. The engine's from now on. */
  readonly ring: IoUring;
  readonly poller: Poller;
  /** The image, for flushes and for whatever O_DIRECT does not take. Stays the caller's. */
  readonly image: number;
  /** The descriptor to read and write by. Stays the caller's. */
  readonly preferred: number;
  /** Does what the ring does not; with nothing else on its way. The engine's from now on. */
  readonly others: BlockEngine;
}

/** A request on its way. */
class Operation {
  request: BlockRequest | undefined;
  /** Its data is where it belongs, and is being made durable; or it is a flush. */
  flushing = false;
  readonly transfer: Transfer;

  constructor(
    readonly token: number,
    { preferred, image }: RingEngineOptions,
  ) {
    this.transfer = new Transfer(preferred, image);
  }
}

/** Most times in one turn that parts are begun and completions taken: then others have their turn. */
const ROUNDS_PER_TURN = 8;

/**
 * Does reads, writes and flushes beside each other, by io_uring. Discards and write zeroes wait for
 * what is on its way, and are done on this thread: file systems make them wait for direct I/O in
 * flight, whose end may depend on this thread.
 *
 * A flush covers the writes that were complete when it came, which is what a driver may count on
 * (virtio 1.2, 5.2.6.2), and not those beside it.
 */
export class RingEngine implements BlockEngine {
  readonly #options: RingEngineOptions;
  readonly #ring: IoUring;
  readonly #others: BlockEngine;
  readonly #registration: Disposable;
  #completion: Completion | undefined;
  /** By token: as many as there ever were at a time, which the queues bound. */
  readonly #operations: Operation[] = [];
  readonly #free: Operation[] = [];
  #inFlight = 0;
  /** There were completions since `settled` was called last. */
  #unsettled = false;

  /** @throws SysError ENOMEM, ENOSPC if the poller takes no more */
  constructor(options: RingEngineOptions) {
    this.#options = options;
    this.#ring = options.ring;
    this.#others = options.others;
    const handler = () => this.#completion?.arrived();
    const { event } = options.ring;
    this.#registration = options.poller.add(event.raw, POLL_READABLE | POLL_EDGE, handler);
    this.#ring.listen();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get hasWork(): boolean {
    const ring = this.#ring;
    return ring.pending > 0 || ring.hasWork || ring.hasCompletions;
  }

  attach(completion: Completion): void {
    this.#completion = completion;
    this.#others.attach(completion);
  }

  submit(request: BlockRequest): void {
    const { type } = request;
    if (type !== VIRTIO_BLK_T_IN && type !== VIRTIO_BLK_T_OUT && type !== VIRTIO_BLK_T_FLUSH) {
      this.drain();
      this.#others.submit(request);
      return;
    }
    const operation = this.#take(request);
    this.#inFlight += 1;
    operation.flushing = type === VIRTIO_BLK_T_FLUSH;
    if (operation.flushing) {
      this.#start(operation);
    } else {
      const { iovecs, sector } = request;
      this.#transferred(operation, operation.transfer.begin(iovecs, sector * SECTOR_BYTES));
    }
  }

  commit(): void {
    if (this.#goOn()) {
      // Behind whatever else is ready now.
      this.#ring.listen();
      this.#ring.event.signal();
    }
    if (this.#unsettled) {
      this.#unsettled = false;
      this.#completion?.settled();
    }
  }

  quiet(): void {
    this.#ring.quiet();
  }

  drain(): void {
    while (this.#inFlight > 0) {
      this.#enter(1);
      this.#reap();
    }
  }

  [Symbol.dispose](): void {
    this.drain();
    this.#registration[Symbol.dispose]();
    this.#ring[Symbol.dispose]();
    this.#others[Symbol.dispose]();
  }

  /** Begins what can begin, and takes what is complete. Returns whether there is more to be done. */
  #goOn(): boolean {
    const ring = this.#ring;
    for (let round = 0; round < ROUNDS_PER_TURN; round += 1) {
      ring.quiet();
      const isShort = (ring.pending > 0 || ring.hasWork) && this.#enter(0) < 0;
      this.#reap();
      if (isShort) {
        return true;
      }
      if (ring.pending === 0 && !ring.listen()) {
        return false;
      }
    }
    return true;
  }

  #take(request: BlockRequest): Operation {
    let operation = this.#free.pop();
    if (operation === undefined) {
      operation = new Operation(this.#operations.length, this.#options);
      this.#operations.push(operation);
    }
    operation.request = request;
    return operation;
  }

  /** 0, or a negative errno if the kernel is short of something now. */
  #enter(wait: number): number {
    const result = this.#ring.enter(wait);
    if (result < 0 && result !== -Errno.EAGAIN && result !== -Errno.EBUSY) {
      throw new SysError('io_uring_enter', -result);
    }
    return result;
  }

  /** Takes all completions that are there. */
  #reap(): void {
    const ring = this.#ring;
    while (ring.next()) {
      const operation = this.#operations[ring.token];
      if (operation === undefined) {
        throw new Error(`completion of operation ${ring.token}, which there is not`);
      }
      this.#advance(operation, ring.result);
    }
  }

  /** Goes on after a completion. */
  #advance(operation: Operation, result: number): void {
    if (result === -Errno.EAGAIN || result === -Errno.EINTR) {
      this.#start(operation);
    } else if (operation.flushing) {
      this.#finish(operation, result);
    } else {
      this.#transferred(operation, operation.transfer.advance(result));
    }
  }

  #transferred(operation: Operation, state: number): void {
    if (state === 0 && operation.request?.durable === true) {
      operation.flushing = true;
      this.#start(operation);
    } else if (state === MORE) {
      this.#start(operation);
    } else {
      this.#finish(operation, state);
    }
  }

  /** Puts the next part of an operation into the ring. */
  #start({ token, request, flushing, transfer }: Operation): void {
    const { fd, iovecs, offset } = transfer;
    // SAFETY: the iovecs are those of a checked chain, and are not given back before the completion.
    if (flushing) {
      this.#ring.fdatasync(token, this.#options.image);
    } else if (request?.type === VIRTIO_BLK_T_OUT) {
      this.#ring.writev(token, fd, iovecs, offset);
    } else {
      this.#ring.readv(token, fd, iovecs, offset);
    }
  }

  #finish(operation: Operation, result: number): void {
    const { request } = operation;
    operation.request = undefined;
    this.#free.push(operation);
    this.#inFlight -= 1;
    this.#unsettled = true;
    if (request !== undefined) {
      this.#completion?.complete(request, result);
    }
  }
}

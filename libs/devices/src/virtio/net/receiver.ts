import {
  Errno,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  readvRaw,
} from '@crosvm/sys-util';
import { VIRTIO_NET_F_MRG_RXBUF } from '@crosvm/virtio-sys';

import type { DeviceCounters } from '../../metrics/device-counters';
import type { ActivationContext } from '../backend';
import { hasFeature } from '../features';
import type { VirtQueue } from '../queue/virt-queue';
import type { Drops } from './drops';
import { HEADER_BYTES, MAX_FRAME_BYTES } from './frame';
import { Overflow } from './overflow';
import { RxWindow } from './rx-window';

/** Most frames of one wake-up: then others have their turn. */
const FRAMES_PER_WAKE = 64;

/**
 * After so many reads in a row that failed, with nothing said about why it should go on failing, the
 * interface is given up: it would be read for ever.
 */
const MAX_FAILURES = 1000;

/** Of Linux alone: the interface was deleted, or the descriptor is none of its queues. */
const EBADFD = 77;

/** What a read says when there is no interface any more, however often it is asked. */
const GONE: ReadonlySet<number> = new Set([Errno.EBADF, EBADFD, Errno.ENODEV, Errno.ENXIO]);

/** Most frames from before a driver was ready: more than the queue of an interface holds. */
const MAX_STALE_FRAMES = 2048;

/** What a receiver works with. */
export interface ReceiverParts {
  /** The TAP interface's descriptor, or anything that gives a frame a read and does not wait. */
  readonly fd: number;
  readonly poller: Poller;
  readonly drops: Drops;
  /** The interface is gone: a positive errno. */
  readonly onLost: (errno: number) => void;
  readonly counters: DeviceCounters;
}

/**
 * Takes frames from a TAP interface to the driver's buffers, where the kernel puts them. While the driver
 * has no buffers, nothing is read, and frames wait in the interface, until its queue is full.
 */
export class Receiver implements Disposable {
  readonly #parts: ReceiverParts;
  readonly #overflow = new Overflow();
  readonly #registration: PollRegistration;
  #context: ActivationContext | undefined;
  #index = 0;
  #frameBytes = MAX_FRAME_BYTES;
  #mergeable = false;
  #queue: VirtQueue | undefined;
  #window: RxWindow | undefined;
  /** Whether the host sends to this one. */
  #enabled = true;
  /** Bytes of a frame whose beginning is in buffers, and those of its end in the overflow. */
  #pendingBytes = 0;
  #pendingRest = 0;
  /** Reads that failed since one did not. */
  #failures = 0;

  /** @throws SysError EPERM if the descriptor cannot be waited for */
  constructor(parts: ReceiverParts) {
    this.#parts = parts;
    this.#registration = parts.poller.add(parts.fd, 0, () => this.receive());
  }

  /** The driver is ready. What came for another, or for none, is dropped. */
  start(context: ActivationContext, index: number): void {
    this.#context = context;
    this.#index = index;
    this.#mergeable = hasFeature(context.features, VIRTIO_NET_F_MRG_RXBUF);
    for (let left = MAX_STALE_FRAMES; left > 0; left -= 1) {
      if (this.#overflow.discardFrom(this.#parts.fd) <= 0) {
        break;
      }
    }
  }

  /** Frames will have up to so many bytes, or hardly ever more. */
  expect(bytes: number): void {
    this.#frameBytes = bytes;
    if (this.#window !== undefined) {
      this.#window.target = this.#mergeable ? bytes : 1;
    }
  }

  /** Stops, and forgets the driver. */
  stop(): void {
    this.#context = undefined;
    this.resetQueue();
  }

  /** The queue is being reset: no buffer of it is used any more. */
  resetQueue(): void {
    this.#listen(false);
    this.#queue = undefined;
    this.#window = undefined;
    this.#pendingRest = 0;
  }

  /** Whether frames are received; if so, call `receive`. */
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    if (!enabled) {
      this.#listen(false);
    }
  }

  /** Receives what there is, up to a number of frames; then waits for the interface or the driver. */
  receive(): void {
    const queue = this.#usableQueue();
    if (queue === undefined) {
      this.#listen(false);
      return;
    }
    const window = this.#windowOf(queue);
    this.#listen(this.#run(queue, window));
    if (queue.needsInterrupt()) {
      this.#context?.interrupt(this.#index);
    }
    if (queue.broken !== undefined) {
      this.#context?.serve(this.#index);
    }
    if (window.refused > 0) {
      window.refused = 0;
      this.#parts.drops.receive('the guest gave a buffer without room for a header');
    }
  }

  [Symbol.dispose](): void {
    this.#registration.remove();
    this.#overflow[Symbol.dispose]();
  }

  /** The queue, unless it must not be used. That one is broken the host sees when it calls us. */
  #usableQueue(): VirtQueue | undefined {
    const queue = this.#context?.queues[this.#index];
    return this.#enabled && queue?.broken === undefined ? queue : undefined;
  }

  /** Returns whether to wait for the interface; if not, the driver was asked to notify. */
  #run(queue: VirtQueue, window: RxWindow): boolean {
    queue.disableNotifications();
    for (let left = FRAMES_PER_WAKE; left > 0; left -= 1) {
      if (!this.#makeRoom(queue, window)) {
        return false;
      }
      const bytes = this.#read(window);
      if (bytes > 0) {
        this.#failures = 0;
        this.#deliver(window, bytes);
      } else if (bytes === -Errno.EAGAIN) {
        this.#failures = 0;
        return true;
      } else if (this.#fails(bytes)) {
        return false;
      }
    }
    return true;
  }

  /** A read failed, or came to an end: whether there is no more to come. */
  #fails(bytes: number): boolean {
    this.#failures += 1;
    const errno = bytes === 0 ? Errno.ENODEV : -bytes;
    if (GONE.has(errno) || this.#failures >= MAX_FAILURES) {
      this.#parts.onLost(errno);
      return true;
    }
    if (errno !== Errno.EINTR) {
      this.#parts.drops.failed(errno);
    }
    return false;
  }

  /** False if the driver has to give buffers first: then it was asked to notify. */
  #makeRoom(queue: VirtQueue, window: RxWindow): boolean {
    window.gather();
    if (this.#pendingRest === 0 && window.count > 0) {
      return true;
    }
    for (;;) {
      if (this.#finishPending(window) && window.count > 0) {
        return true;
      }
      if (!queue.enableNotifications()) {
        return false;
      }
      const before = window.count;
      window.gather(Math.max(this.#pendingRest, 1));
      if (window.count === before) {
        // What came was of no use: the rest of it has to wait for its turn.
        this.#context?.serve(this.#index);
        return false;
      }
    }
  }

  /** Delivers the frame that waits for its end; false if it still does. */
  #finishPending(window: RxWindow): boolean {
    const rest = this.#pendingRest;
    if (rest === 0) {
      return true;
    }
    window.gather(rest);
    if (window.iovecs.total < rest) {
      if (!window.isExhausted) {
        return false;
      }
      window.discardHeld();
      this.#parts.drops.receive('the guest gave too few buffers for a frame');
    } else {
      this.#overflow.copyTo(window.iovecs);
      window.deliver(this.#pendingBytes);
      this.#count(this.#pendingBytes);
    }
    this.#pendingRest = 0;
    return true;
  }

  /** Reads a frame; returns its bytes, or a negative errno. */
  #read({ iovecs, isWide }: RxWindow): number {
    if (isWide) {
      return readvRaw(this.#parts.fd, iovecs);
    }
    const { count } = iovecs;
    this.#overflow.appendTo(iovecs);
    const bytes = readvRaw(this.#parts.fd, iovecs);
    iovecs.truncate(count);
    return bytes;
  }

  #deliver(window: RxWindow, bytes: number): void {
    const rest = bytes - window.iovecs.total;
    if (rest <= 0) {
      window.deliver(bytes);
      this.#count(bytes);
    } else if (this.#mergeable) {
      window.hold();
      this.#pendingBytes = bytes;
      this.#pendingRest = rest;
    } else {
      // The buffer is as good for the next one.
      this.#parts.drops.receive('the guest gave a buffer that is too small for a frame');
    }
  }

  #count(frameBytes: number): void {
    this.#parts.counters.toGuest(Math.max(frameBytes - HEADER_BYTES, 0));
  }

  /** The window of a queue, which is another one after it was reset. */
  #windowOf(queue: VirtQueue): RxWindow {
    if (this.#window === undefined || this.#queue !== queue) {
      this.#queue = queue;
      this.#window = new RxWindow(queue, this.#mergeable ? this.#frameBytes : 1);
      this.#pendingRest = 0;
    }
    return this.#window;
  }

  #listen(listening: boolean): void {
    this.#registration.setInterest(listening ? POLL_READABLE : 0);
  }
}

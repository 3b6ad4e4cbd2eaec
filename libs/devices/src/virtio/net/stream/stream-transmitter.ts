import {
  Errno,
  Iovecs,
  type Mapping,
  POLL_WRITABLE,
  type Poller,
  type PollRegistration,
  SharedMemory,
  writevRaw,
} from '@crosvm/sys-util';

import type { DeviceCounters } from '../../../metrics/device-counters';
import type { ActivationContext } from '../../backend';
import type { BufferList } from '../../queue/buffer-list';
import { CHAINS_PER_WAKE } from '../../queue/serve-queue';
import type { VirtQueue } from '../../queue/virt-queue';
import type { Drops } from '../drops';
import { HEADER_BYTES } from '../frame';
import { CutFrame } from './cut-frame';
import { LENGTH_BYTES, MAX_STREAM_FRAME, MIN_STREAM_FRAME } from './stream-frame';

/**
 * Frames go together in one write up to so many bytes. A stream socket takes so much at once or not at
 * all, so whoever reads it finds whole frames. (The passt of Debian 12 loses its place when it finds the
 * beginning of a length at the end of what it read.)
 */
const BATCH_BYTES = 32 * 1024;

/** Most frames of a write. */
const BATCH_FRAMES = 64;

/** Most ranges of a write: IOV_MAX. */
const MAX_RANGES = 1024;

/** What a transmitter works with. */
export interface StreamTransmitterParts {
  /** The stream's descriptor, which does not wait. */
  readonly fd: number;
  readonly poller: Poller;
  readonly drops: Drops;
  readonly counters: DeviceCounters;
}

/**
 * Takes frames from the driver's buffers to a stream. While the stream is full, buffers stay where they
 * are, and the driver waits.
 */
export class StreamTransmitter implements Disposable {
  readonly #parts: StreamTransmitterParts;
  readonly #shared = SharedMemory.create('net_stream_send', BATCH_FRAMES * LENGTH_BYTES);
  readonly #memory: Mapping = this.#shared.map();
  readonly #lengths = new DataView(this.#memory.bytes.buffer, this.#memory.bytes.byteOffset);
  readonly #registration: PollRegistration;
  readonly #cut = new CutFrame();
  /** What is being written: frames with their lengths. */
  readonly #iovecs = new Iovecs(MAX_RANGES);
  /** Of each of these frames: its chain, and what is written when it is. */
  readonly #heads = new Int32Array(BATCH_FRAMES);
  readonly #ends = new Int32Array(BATCH_FRAMES);
  #frames = 0;
  /** Of the write: all its bytes, those written, and the frames that are. */
  #bytes = 0;
  #written = 0;
  #done = 0;
  /** A chain that was taken and is to be in the next write. */
  #held: { readonly head: number; readonly readable: BufferList } | undefined;
  #context: ActivationContext | undefined;
  #index = 0;

  /** @throws SysError EPERM if the descriptor cannot be waited for */
  constructor(parts: StreamTransmitterParts) {
    this.#parts = parts;
    this.#registration = parts.poller.add(parts.fd, 0, () => this.#writable());
  }

  /** The driver is ready. */
  start(context: ActivationContext, index: number): void {
    this.#context = context;
    this.#index = index;
  }

  /** Stops, and forgets the driver. */
  stop(): void {
    this.resetQueue();
    this.#context = undefined;
  }

  /**
   * The queue is being reset: no buffer of it is used any more. A frame that is half in the stream has to
   * get there, so the rest of it is copied.
   */
  resetQueue(): void {
    if (this.#isHalfWay()) {
      this.#cut.keep(this.#iovecs, (this.#ends[this.#done] ?? 0) - this.#written);
    }
    this.#clear();
    this.#held = undefined;
    this.#listen(!this.#cut.isEmpty);
  }

  /** Sends what is in the queue; returns whether there is, or may be, more. */
  send(): boolean {
    const queue = this.#context?.queues[this.#index];
    if (queue === undefined) {
      return false;
    }
    queue.disableNotifications();
    for (let left = CHAINS_PER_WAKE; left > 0;) {
      if (!this.#flush(queue)) {
        // The stream is waited for, which is when it goes on.
        return false;
      }
      const taken = this.#collect(queue, left);
      left -= taken;
      if (taken === 0 && this.#frames === 0) {
        // As in `serveStream`.
        return left < CHAINS_PER_WAKE || queue.enableNotifications();
      }
    }
    return this.#flush(queue);
  }

  [Symbol.dispose](): void {
    this.#registration.remove();
    this.#shared[Symbol.dispose]();
    this.#cut[Symbol.dispose]();
  }

  #writable(): void {
    const queue = this.#usableQueue();
    if (queue === undefined) {
      this.#listen(!this.#sendCut());
      return;
    }
    if (this.send() || queue.broken !== undefined) {
      this.#context?.serve(this.#index);
    }
    if (queue.needsInterrupt()) {
      this.#context?.interrupt(this.#index);
    }
  }

  #usableQueue(): VirtQueue | undefined {
    const queue = this.#context?.queues[this.#index];
    return queue?.broken === undefined ? queue : undefined;
  }

  /** Takes chains for one write, at most so many; returns how many were taken. */
  #collect(queue: VirtQueue, most: number): number {
    let taken = 0;
    if (this.#held !== undefined) {
      const { head, readable } = this.#held;
      this.#held = undefined;
      this.#add(head, readable);
    }
    while (taken < most && this.#frames < BATCH_FRAMES && this.#held === undefined) {
      const chain = queue.pop();
      if (chain === undefined) {
        break;
      }
      taken += 1;
      const { head, readable } = chain;
      const length = readable.total - HEADER_BYTES;
      if (length < MIN_STREAM_FRAME || length > MAX_STREAM_FRAME) {
        this.#parts.drops.send('the guest sent a frame that is none');
        queue.addUsed(head, 0);
      } else if (this.#fits(readable)) {
        this.#add(head, readable);
      } else {
        // It stays as it is until the next one is taken.
        this.#held = chain;
      }
    }
    return taken;
  }

  /** Whether a frame fits into a write; any does alone. */
  #fits(readable: BufferList): boolean {
    return (
      this.#frames === 0 ||
      (this.#bytes + LENGTH_BYTES + readable.total - HEADER_BYTES <= BATCH_BYTES &&
        this.#iovecs.count + 1 + readable.count <= MAX_RANGES)
    );
  }

  #add(head: number, readable: BufferList): void {
    const at = this.#frames * LENGTH_BYTES;
    const length = readable.total - HEADER_BYTES;
    this.#lengths.setUint32(at, length);
    // SAFETY: the mapping has these bytes, and is never unmapped.
    this.#iovecs.push(this.#memory.address + at, LENGTH_BYTES);
    readable.append(HEADER_BYTES, length, this.#iovecs);
    this.#bytes += LENGTH_BYTES + length;
    this.#heads[this.#frames] = head;
    this.#ends[this.#frames] = this.#bytes;
    this.#frames += 1;
  }

  /** Writes what was collected, and gives it back; false if the stream is full. */
  #flush(queue: VirtQueue): boolean {
    if (!this.#sendCut()) {
      this.#listen(true);
      return false;
    }
    while (this.#written < this.#bytes) {
      // SAFETY: lengths are as above; the rest are the iovecs of chains, which lie in guest memory.
      const result = writevRaw(this.#parts.fd, this.#iovecs);
      if (result >= 0) {
        this.#iovecs.consume(result);
        this.#written += result;
        const before = this.#done;
        this.#giveBack(queue);
        this.#count(before);
      } else if (result === -Errno.EAGAIN) {
        this.#listen(true);
        return false;
      } else if (result !== -Errno.EINTR) {
        this.#drop(queue, -result);
      }
    }
    this.#clear();
    this.#listen(false);
    return true;
  }

  /** Gives back what is written. */
  #giveBack(queue: VirtQueue): void {
    while (this.#done < this.#frames && (this.#ends[this.#done] ?? 0) <= this.#written) {
      queue.putUsed(this.#heads[this.#done] ?? 0, 0);
      this.#done += 1;
    }
    queue.publishUsed();
  }

  /** Counts the frames that are written, from frame `first` on, without their lengths. */
  #count(first: number): void {
    const end = this.#done === 0 ? 0 : (this.#ends[this.#done - 1] ?? 0);
    const start = first === 0 ? 0 : (this.#ends[first - 1] ?? 0);
    this.#parts.counters.fromGuest(end - start - (this.#done - first) * LENGTH_BYTES);
  }

  /** There is nobody who takes it. */
  #drop(queue: VirtQueue, errno: number): void {
    for (let frame = this.#done; frame < this.#frames; frame += 1) {
      this.#parts.drops.refused(errno);
    }
    this.#written = this.#bytes;
    this.#giveBack(queue);
  }

  /** Whether the first frame that is not written is in the stream in part. */
  #isHalfWay(): boolean {
    const start = this.#done === 0 ? 0 : (this.#ends[this.#done - 1] ?? 0);
    return this.#written > start && this.#written < this.#bytes;
  }

  #clear(): void {
    this.#iovecs.clear();
    this.#frames = 0;
    this.#bytes = 0;
    this.#written = 0;
    this.#done = 0;
  }

  /** Sends the rest of a frame of a queue that was reset; false if the stream is full. */
  #sendCut(): boolean {
    return this.#cut.isEmpty || this.#cut.writeTo(this.#parts.fd);
  }

  #listen(listening: boolean): void {
    this.#registration.setInterest(listening ? POLL_WRITABLE : 0);
  }
}

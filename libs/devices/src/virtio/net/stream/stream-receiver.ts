import {
  Errno,
  Iovecs,
  type Mapping,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  readvRaw,
  SharedMemory,
  SysError,
} from '@crosvm/sys-util';
import { VIRTIO_NET_F_MRG_RXBUF } from '@crosvm/virtio-sys';

import type { DeviceCounters } from '../../../metrics/device-counters';
import type { ActivationContext } from '../../backend';
import { hasFeature } from '../../features';
import type { VirtQueue } from '../../queue/virt-queue';
import type { Drops } from '../drops';
import { FrameBuffers, Room } from './frame-buffers';
import { LENGTH_BYTES, MAX_STREAM_FRAME, MIN_STREAM_FRAME } from './stream-frame';

/** Most reads of one wake-up, of a frame or a part of one each: then others have their turn. */
const READS_PER_WAKE = 64;

/** What a receiver works with. */
export interface StreamReceiverParts {
  /** The stream's descriptor, which does not wait. */
  readonly fd: number;
  readonly poller: Poller;
  readonly drops: Drops;
  /** There is nothing more to come; `reason` is for the log. */
  readonly onLost: (reason: string) => void;
  readonly counters: DeviceCounters;
}

/** What a turn came to. */
enum Turn {
  /** There may be more now. */
  GoesOn,
  /** The stream has no more for now. */
  Waits,
  /** The driver has to give buffers, and was asked to notify. */
  WantsBuffers,
  /** There is no stream any more. */
  Ended,
}

/**
 * Takes frames from a stream to the driver's buffers, where the kernel puts them. While the driver has
 * too few buffers for the next frame, nothing is read, and frames wait in the stream.
 *
 *     stream   [length][ frame ............ ][length][ frame ...
 *     reads    [length][ frame ....., length ][ frame ...
 */
export class StreamReceiver implements Disposable {
  readonly #parts: StreamReceiverParts;
  readonly #shared = SharedMemory.create('net_stream_receive', LENGTH_BYTES + MAX_STREAM_FRAME);
  /** The length of the next frame, and then room for a frame that nobody gets. */
  readonly #memory: Mapping = this.#shared.map();
  readonly #length = new DataView(this.#memory.bytes.buffer, this.#memory.bytes.byteOffset);
  readonly #registration: PollRegistration;
  /** What is read when the driver's buffers are not. */
  readonly #own = new Iovecs(2);
  #context: ActivationContext | undefined;
  #index = 0;
  #mergeable = false;
  #queue: VirtQueue | undefined;
  #buffers: FrameBuffers | undefined;
  #ended = false;
  /** Bytes of the length that are there. */
  #lengthBytes = 0;
  /** Bytes of the frame, those that are still to be read, and whether they go nowhere. */
  #frame = 0;
  #left = 0;
  #discarding = false;
  /** Whether the driver's buffers for the frame are there. */
  #hasRoom = false;

  /** @throws SysError EPERM if the descriptor cannot be waited for */
  constructor(parts: StreamReceiverParts) {
    this.#parts = parts;
    this.#registration = parts.poller.add(parts.fd, 0, () => this.receive());
  }

  /** The driver is ready. */
  start(context: ActivationContext, index: number): void {
    this.#context = context;
    this.#index = index;
    this.#mergeable = hasFeature(context.features, VIRTIO_NET_F_MRG_RXBUF);
  }

  /** Stops, and forgets the driver. */
  stop(): void {
    this.#context = undefined;
    this.resetQueue();
  }

  /** The queue is being reset: no buffer of it is used any more. What is left of a frame goes nowhere. */
  resetQueue(): void {
    this.#listen(false);
    this.#queue = undefined;
    this.#buffers = undefined;
    this.#discarding ||= this.#left > 0 && this.#left < this.#frame;
    this.#hasRoom = false;
  }

  /** Receives what there is, up to a number of reads; then waits for the stream or the driver. */
  receive(): void {
    const queue = this.#usableQueue();
    if (queue === undefined) {
      this.#listen(false);
      return;
    }
    const buffers = this.#buffersOf(queue);
    this.#listen(this.#run(queue, buffers));
    if (queue.needsInterrupt()) {
      this.#context?.interrupt(this.#index);
    }
    if (queue.broken !== undefined) {
      this.#context?.serve(this.#index);
    }
    if (buffers.refused > 0) {
      buffers.refused = 0;
      this.#parts.drops.receive('the guest gave a buffer without room for a header');
    }
  }

  [Symbol.dispose](): void {
    this.#registration.remove();
    this.#shared[Symbol.dispose]();
  }

  /** The queue, unless it must not be used, or there is nothing more to come. */
  #usableQueue(): VirtQueue | undefined {
    const queue = this.#context?.queues[this.#index];
    return this.#ended || queue?.broken !== undefined ? undefined : queue;
  }

  /** Returns whether to wait for the stream. */
  #run(queue: VirtQueue, buffers: FrameBuffers): boolean {
    queue.disableNotifications();
    for (let left = READS_PER_WAKE; left > 0; left -= 1) {
      const turn = this.#prepare(queue, buffers) ? this.#read(buffers) : Turn.WantsBuffers;
      if (turn !== Turn.GoesOn) {
        return turn === Turn.Waits;
      }
    }
    return true;
  }

  /** Sees to it that the frame has where to go; false if the driver has to give buffers first. */
  #prepare(queue: VirtQueue, buffers: FrameBuffers): boolean {
    if (this.#left === 0 || this.#hasRoom || this.#discarding) {
      return true;
    }
    for (;;) {
      const before = buffers.count;
      const room = buffers.gather();
      if (room !== Room.Little) {
        this.#hasRoom = room === Room.Enough;
        this.#discarding = room === Room.TooLittle;
        if (this.#discarding) {
          buffers.discard();
          this.#parts.drops.receive('the guest gave too few buffers for a frame');
        }
        return true;
      }
      if (!queue.enableNotifications()) {
        return false;
      }
      if (buffers.count === before && buffers.refused > 0) {
        // What came was of no use: the rest of it has to wait for its turn.
        this.#context?.serve(this.#index);
        return false;
      }
    }
  }

  /** Reads what is left of the frame, and the length of the next one. */
  #read(buffers: FrameBuffers): Turn {
    const iovecs = this.#hasRoom ? buffers.iovecs : this.#own;
    if (!this.#hasRoom) {
      iovecs.clear();
      if (this.#left > 0) {
        // SAFETY: the mapping has these bytes, and is never unmapped.
        iovecs.push(this.#memory.address + LENGTH_BYTES, this.#left);
      }
    }
    const { count } = iovecs;
    // SAFETY: as above.
    iovecs.push(this.#memory.address + this.#lengthBytes, LENGTH_BYTES - this.#lengthBytes);
    const wanted = iovecs.total;
    const bytes = readvRaw(this.#parts.fd, iovecs);
    iovecs.truncate(count);
    if (bytes <= 0) {
      return this.#judge(bytes);
    }
    this.#advance(buffers, bytes);
    if (this.#lengthBytes === LENGTH_BYTES && !this.#begin(buffers)) {
      return Turn.Ended;
    }
    return bytes < wanted ? Turn.Waits : Turn.GoesOn;
  }

  /** So many bytes were read. */
  #advance(buffers: FrameBuffers, bytes: number): void {
    const ofFrame = Math.min(bytes, this.#left);
    this.#left -= ofFrame;
    this.#lengthBytes += bytes - ofFrame;
    if (this.#hasRoom) {
      if (this.#left === 0) {
        this.#hasRoom = false;
        buffers.deliver();
        this.#parts.counters.toGuest(this.#frame);
      } else {
        buffers.iovecs.consume(ofFrame);
      }
    }
    this.#discarding &&= this.#left > 0;
  }

  /** A length is there, and the frame before it is complete. False if it is none. */
  #begin(buffers: FrameBuffers): boolean {
    const length = this.#length.getUint32(0);
    this.#lengthBytes = 0;
    if (length < MIN_STREAM_FRAME || length > MAX_STREAM_FRAME) {
      this.#end(`there is a frame of ${length} bytes in the stream`);
      return false;
    }
    this.#frame = length;
    this.#left = length;
    buffers.begin(length);
    return true;
  }

  /** A read failed, or came to the end of the stream. */
  #judge(bytes: number): Turn {
    switch (bytes) {
      case -Errno.EAGAIN:
        return Turn.Waits;
      case -Errno.EINTR:
        return Turn.GoesOn;
      case -Errno.ENOMEM:
      case -Errno.ENOBUFS:
        // Nothing was read, and all of it can be read later.
        return Turn.Waits;
      default:
        this.#end(bytes === 0 ? 'the other end is gone' : new SysError('read', -bytes).message);
        return Turn.Ended;
    }
  }

  #end(reason: string): void {
    this.#ended = true;
    this.#parts.onLost(reason);
  }

  /** The buffers of a queue, which is another one after it was reset. */
  #buffersOf(queue: VirtQueue): FrameBuffers {
    if (this.#buffers === undefined || this.#queue !== queue) {
      this.#queue = queue;
      this.#buffers = new FrameBuffers(queue, this.#mergeable);
      this.#buffers.begin(this.#left);
    }
    return this.#buffers;
  }

  #listen(listening: boolean): void {
    this.#registration.setInterest(listening ? POLL_READABLE : 0);
  }
}

import { type Logger, RateLimited, SysError } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_F_DISCARD,
  VIRTIO_BLK_F_FLUSH,
  VIRTIO_BLK_F_WRITE_ZEROES,
  VIRTIO_BLK_ID_BYTES,
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_S_UNSUPP,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_FLUSH,
  VIRTIO_BLK_T_GET_ID,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_WRITE_ZEROES,
  virtio_blk_config,
} from '@crosvm/virtio-sys';

import type { DeviceCommand } from '../../back-end/device-command';
import { DeviceCounters } from '../../metrics/device-counters';
import type { ActivationContext, ConfigSpace, VirtioBackend } from '../backend';
import { hasFeature } from '../features';
import type { BufferList } from '../queue/buffer-list';
import type { DescriptorChain } from '../queue/descriptor-chain';
import type { ChainServer } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import type { BlockEngine, Completion } from './block-engine';
import { BlockRequest, HEADER_BYTES } from './block-request';
import {
  MAX_DISCARD_RANGES,
  maxDiscardSectors,
  MAX_ZERO_RANGES,
  MAX_ZERO_SECTORS,
} from './config-space';
import { DiskService } from './disk-service';
import { type DiskConfig, idBytes, SECTOR_BYTES } from './disk-config';
import { isOnDisk, type RangeLimits, rangesStatus, ZERO_FLAGS } from './request-check';

/** The engine has the request: its status comes later. No VIRTIO_BLK_S_*. */
const PENDING = -1;

/** Bytes of `virtio_blk_config.capacity`. */
const CAPACITY_BYTES = 8;

/** Bytes after which a guest that waits is told of what is done, before the rest of a batch. */
const BYTES_PER_INTERRUPT = 256 * 1024;

/** Requests that a read-only disk refuses. */
const CHANGES: ReadonlySet<number> = new Set([
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_WRITE_ZEROES,
]);

/** What goes on, for messages. */
const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [VIRTIO_BLK_T_IN, 'read'],
  [VIRTIO_BLK_T_OUT, 'write'],
  [VIRTIO_BLK_T_FLUSH, 'flush'],
  [VIRTIO_BLK_T_DISCARD, 'discard'],
  [VIRTIO_BLK_T_WRITE_ZEROES, 'write zeroes'],
]);

/** Calls `resized` with the size in bytes whenever it may have changed, until it is disposed of. */
export type FollowCapacity = (resized: (bytes: number) => void) => Disposable;

/** What a disk needs besides its engine. */
export interface BlockOptions {
  readonly logger: Logger;
  readonly configSpace: ConfigSpace;
  /** For a disk whose size changes by itself. */
  readonly follow?: FollowCapacity;
  readonly counters?: DeviceCounters | undefined;
}

/** A disk. VIRTIO 1.2, 5.2. */
export class Block implements VirtioBackend, ChainServer, Completion {
  readonly #config: DiskConfig;
  readonly #engine: BlockEngine;
  readonly #service: DiskService;
  readonly #id: DataView;
  readonly #problems: RateLimited;
  readonly #follow: FollowCapacity | undefined;
  readonly #counters: DeviceCounters;
  #following: Disposable | undefined;
  readonly #configSpace: ConfigSpace;
  /** As the guest knows it, too. */
  #sectors: number;
  #discardLimits: RangeLimits;
  #zeroLimits: RangeLimits;
  /** Requests to be used again: as many as there ever were at a time, which the queues bound. */
  readonly #free: BlockRequest[] = [];
  #context: ActivationContext | undefined;
  #bytesDone = 0;
  #writeThrough = false;
  #canDiscard = false;
  #canZero = false;

  constructor(config: DiskConfig, engine: BlockEngine, options: BlockOptions) {
    this.#config = config;
    this.#engine = engine;
    this.#service = new DiskService(this, engine);
    this.#id = new DataView(idBytes(config).buffer);
    this.#problems = new RateLimited(options.logger);
    this.#configSpace = options.configSpace;
    this.#follow = options.follow;
    this.#counters = options.counters ?? DeviceCounters.unread();
    this.#sectors = config.sectors;
    this.#discardLimits = this.#limits(maxDiscardSectors(this.#config), 0);
    this.#zeroLimits = this.#limits(MAX_ZERO_SECTORS, ZERO_FLAGS);
    engine.attach(this);
  }

  activate(context: ActivationContext): void {
    this.#context = context;
    this.#service.activate(context);
    const { features } = context;
    // Virtio 1.2, 5.2.6.2: a driver that cannot flush gets a disk on which all that is done, stays.
    this.#writeThrough = !hasFeature(features, VIRTIO_BLK_F_FLUSH);
    this.#canDiscard = hasFeature(features, VIRTIO_BLK_F_DISCARD);
    this.#canZero = hasFeature(features, VIRTIO_BLK_F_WRITE_ZEROES);
    this.#following = this.#follow?.((bytes) => this.#resize(bytes));
  }

  handleQueue(index: number): boolean {
    return this.#service.notified(index);
  }

  arrived(): void {
    this.#service.arrived();
  }

  resetQueue(): void {
    this.#engine.drain();
    // Those of other queues, too.
    this.settled();
  }

  suspend(): void {
    this.#engine.drain();
    this.settled();
  }

  reset(): void {
    this.#engine.drain();
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
    this.#context = undefined;
    this.#service.activate(undefined);
    this.#problems.flush();
  }

  command(command: DeviceCommand, answer: (answer: unknown) => void): void {
    if (command.kind !== 'resize-disk') {
      answer(undefined);
      return;
    }
    this.#resize(command.bytes);
    // What began before may go beyond the new end.
    this.#engine.drain();
    this.settled();
    answer(true);
  }

  [Symbol.dispose](): void {
    this.reset();
    this.#engine[Symbol.dispose]();
  }

  serve(chain: DescriptorChain, queue: VirtQueue): void {
    const request = this.#free.pop() ?? new BlockRequest();
    if (!request.begin(this.#service.serving, chain)) {
      this.#free.push(request);
      this.#refuse('without a status byte');
      this.#counters.failed();
      queue.addUsed(chain.head, 0);
      return;
    }
    const status = this.#start(request, chain);
    if (status !== PENDING) {
      this.#finish(request, status);
    }
  }

  complete(request: BlockRequest, result: number): void {
    if (result < 0 && this.#problems.allows()) {
      const { message } = new SysError(TYPE_NAMES.get(request.type) ?? '', -result);
      this.#problems.warn(`${message}, at sector ${request.sector}`);
    }
    this.#finish(request, result === 0 ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
  }

  settled(): void {
    const context = this.#context;
    const count = context?.queues.length ?? 0;
    for (let index = 0; index < count; index += 1) {
      if (context?.queues[index]?.needsInterrupt() === true) {
        context.interrupt(index);
      }
    }
  }

  #limits(rangeSectors: number, flags: number): RangeLimits {
    return { diskSectors: this.#sectors, rangeSectors, flags };
  }

  /** Virtio 1.2, 5.2.5.2: the driver is told by a change of the configuration. */
  #resize(bytes: number): void {
    const { blockSize } = this.#config;
    const sectors = Math.floor(bytes / blockSize) * (blockSize / SECTOR_BYTES);
    if (sectors === this.#sectors) {
      return;
    }
    this.#sectors = sectors;
    this.#discardLimits = this.#limits(maxDiscardSectors(this.#config), 0);
    this.#zeroLimits = this.#limits(MAX_ZERO_SECTORS, ZERO_FLAGS);
    const capacity = virtio_blk_config.from({ capacity: sectors }).subarray(0, CAPACITY_BYTES);
    this.#configSpace.update(virtio_blk_config.offsetOf('capacity'), capacity);
  }

  /** Begins what the chain asks for; its status, or PENDING. */
  #start(request: BlockRequest, { readable, writable }: DescriptorChain): number {
    if (!request.takeHeader(readable)) {
      return this.#refuse('without a header');
    }
    const payload = readable.total - HEADER_BYTES;
    // Virtio 1.2, 5.2.6.2; whether or not the driver accepted VIRTIO_BLK_F_RO.
    if (this.#config.readOnly && CHANGES.has(request.type)) {
      return this.#refuse('to change a read-only disk');
    }
    switch (request.type) {
      case VIRTIO_BLK_T_IN:
        request.written = request.room + 1;
        return this.#startTransfer(request, writable, 0, request.room);
      case VIRTIO_BLK_T_OUT:
        request.durable = this.#writeThrough;
        return this.#startTransfer(request, readable, HEADER_BYTES, payload);
      case VIRTIO_BLK_T_FLUSH:
        return this.#submit(request);
      case VIRTIO_BLK_T_GET_ID:
        return this.#readId(request, writable);
      case VIRTIO_BLK_T_DISCARD:
        return this.#canDiscard ? this.#startRanges(request, readable) : VIRTIO_BLK_S_UNSUPP;
      case VIRTIO_BLK_T_WRITE_ZEROES:
        request.durable = this.#writeThrough;
        return this.#canZero ? this.#startRanges(request, readable) : VIRTIO_BLK_S_UNSUPP;
      default:
        return VIRTIO_BLK_S_UNSUPP;
    }
  }

  #startTransfer(request: BlockRequest, list: BufferList, from: number, length: number): number {
    if (!isOnDisk(request.sector, length, this.#sectors)) {
      return this.#refuse('that is not whole sectors of the disk');
    }
    return request.takeData(list, from, length) ? this.#submit(request) : VIRTIO_BLK_S_IOERR;
  }

  #startRanges(request: BlockRequest, readable: BufferList): number {
    const isDiscard = request.type === VIRTIO_BLK_T_DISCARD;
    const length = readable.total - HEADER_BYTES;
    const max = isDiscard ? MAX_DISCARD_RANGES : MAX_ZERO_RANGES;
    if (!request.ranges.take(readable, HEADER_BYTES, length, max)) {
      return this.#refuse('with no, half or too many ranges');
    }
    const limits = isDiscard ? this.#discardLimits : this.#zeroLimits;
    const status = rangesStatus(request.ranges, limits);
    if (status === VIRTIO_BLK_S_IOERR) {
      return this.#refuse('for ranges that are not on the disk, or too large');
    }
    return status === VIRTIO_BLK_S_OK ? this.#submit(request) : status;
  }

  /** Virtio 1.2, 5.2.6.1: the id takes 20 bytes. */
  #readId(request: BlockRequest, writable: BufferList): number {
    if (request.room < VIRTIO_BLK_ID_BYTES) {
      return this.#refuse('of the id with too little room');
    }
    writable.write(0, VIRTIO_BLK_ID_BYTES, this.#id);
    // The status counts where there is no gap before it.
    request.written = VIRTIO_BLK_ID_BYTES + (request.room === VIRTIO_BLK_ID_BYTES ? 1 : 0);
    return VIRTIO_BLK_S_OK;
  }

  #submit(request: BlockRequest): number {
    this.#engine.submit(request);
    return PENDING;
  }

  /** Gives a request back to the driver. */
  #finish(request: BlockRequest, status: number): void {
    const queue = this.#context?.queues[request.queue];
    request.writeStatus(status);
    // Virtio 1.2, 2.7.8.2: what was written without a gap, so a status behind data that was not
    // written does not count.
    const alone = request.room === 0 ? 1 : 0;
    queue?.addUsed(
      request.head,
      status === VIRTIO_BLK_S_OK ? Math.max(request.written, alone) : alone,
    );
    this.#count(request, status);
    this.#bytesDone += request.bytes;
    this.#free.push(request);
    if (this.#bytesDone >= BYTES_PER_INTERRUPT) {
      this.#bytesDone = 0;
      if (queue?.needsInterrupt() === true) {
        this.#context?.interrupt(request.queue);
      }
    }
  }

  #count({ type, bytes }: BlockRequest, status: number): void {
    if (status !== VIRTIO_BLK_S_OK) {
      this.#counters.failed();
    } else if (type === VIRTIO_BLK_T_IN) {
      this.#counters.toGuest(bytes);
    } else if (type === VIRTIO_BLK_T_OUT) {
      this.#counters.fromGuest(bytes);
    }
  }

  /** The status of a request that breaks a rule. */
  #refuse(what: string): number {
    if (this.#problems.allows()) {
      this.#problems.warn(`the guest sent a request ${what}`);
    }
    return VIRTIO_BLK_S_IOERR;
  }
}

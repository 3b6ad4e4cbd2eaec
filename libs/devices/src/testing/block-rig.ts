import { type GuestMemory, type LogRecord, sinkLogger } from '@crosvm/sys-util';
import { virtio_blk_outhdr } from '@crosvm/virtio-sys';

import { DeviceCounters } from '../metrics/device-counters';
import { FakeConfigSpace } from './fake-config-space';
import type { ActivationContext } from '../virtio/backend';
import { Block, type FollowCapacity } from '../virtio/block/block';
import { type BlockEngine, SynchronousEngine } from '../virtio/block/block-engine';
import { blockFeatures } from '../virtio/block/config-space';
import type { Disk } from '@crosvm/disk';
import type { DiskConfig } from '../virtio/block/disk-config';
import { QUEUE_FEATURES } from '../virtio/features';
import { VirtQueue } from '../virtio/queue/virt-queue';
import { type ChainBuffer, MockDriver } from '../virtio/testing/mock-driver';
import { testMemory } from '../virtio/testing/test-queue';

/** A status that no device writes, to see whether it wrote one. */
export const NO_STATUS = 0xee;

/** A request as a driver makes it. */
export interface TestRequest {
  /** VIRTIO_BLK_T_*, or anything. */
  readonly type: number;
  /** Default 0; also beyond 2^53, as a bigint. */
  readonly sector?: number | bigint;
  /** What the device reads behind the header. */
  readonly output?: Uint8Array;
  /** Bytes that the device can write before the status; default 0. */
  readonly input?: number;
}

/** What came of a request. */
export interface TestAnswer {
  /** VIRTIO_BLK_S_*, or NO_STATUS. */
  readonly status: number;
  /** Bytes, as the used ring says. */
  readonly used: number;
  /** What the device could write; 0xdd where it did not. */
  readonly input: Uint8Array;
}

/** An engine, and how to wait for it. */
export interface EngineOfRig {
  readonly engine: BlockEngine;
  /** Returns when all requests are complete. */
  readonly settle: () => void;
}

/** The engine that does all at once. */
export function atOnce(disk: Disk): EngineOfRig {
  return { engine: new SynchronousEngine(disk), settle: () => undefined };
}

/** A disk's back end with a driver of its queue. */
export class BlockRig {
  readonly memory: GuestMemory;
  readonly driver: MockDriver;
  readonly block: Block;
  readonly queue: VirtQueue;
  readonly log: LogRecord[] = [];
  readonly context: ActivationContext;
  readonly counters = DeviceCounters.unread();
  interrupts = 0;
  readonly #configSpace = new FakeConfigSpace();
  readonly #settle: () => void;

  constructor(
    disk: Disk | EngineOfRig,
    config: DiskConfig,
    {
      features = blockFeatures(config) | QUEUE_FEATURES,
      memory = testMemory(),
      follow,
    }: {
      features?: bigint | undefined;
      memory?: GuestMemory;
      follow?: FollowCapacity;
    } = {},
  ) {
    this.memory = memory;
    this.driver = new MockDriver(memory, { size: 64 });
    const logger = sinkLogger({ write: (record) => this.log.push(record) });
    const { engine, settle } = 'engine' in disk ? disk : atOnce(disk);
    this.#settle = settle;
    this.block = new Block(config, engine, {
      logger,
      configSpace: this.#configSpace,
      counters: this.counters,
      ...(follow && { follow }),
    });
    this.queue = new VirtQueue(this.memory, this.driver.config, { features });
    const context: ActivationContext = {
      memory: this.memory,
      queues: [this.queue],
      features,
      interrupt: () => {
        this.interrupts += 1;
      },
      serve: () => undefined,
      handOver: () => undefined,
      fail: () => undefined,
      updateConfig: () => undefined,
    };
    this.context = context;
    this.block.activate(context);
  }

  /** The bytes of a request's header. */
  header({ type, sector = 0 }: TestRequest): Uint8Array {
    const bytes = virtio_blk_outhdr.from({ type });
    const at = virtio_blk_outhdr.offsetOf('sector');
    new DataView(bytes.buffer).setBigUint64(at, BigInt(sector), true);
    return bytes;
  }

  /** Puts a request into memory: header, data and status in a buffer each. */
  place(request: TestRequest): { chain: ChainBuffer[]; input: number; status: number } {
    const { output = new Uint8Array(0), input: room = 0 } = request;
    const input = this.driver.allocate(room);
    const status = this.driver.place(Uint8Array.of(NO_STATUS));
    this.memory.fill(input, room, 0xdd);
    const chain = [
      { at: this.driver.place(this.header(request)), length: virtio_blk_outhdr.size },
      { at: this.driver.place(output), length: output.length },
      { at: input, length: room, writable: true },
      { at: status, length: 1, writable: true },
    ];
    return { chain: chain.filter(({ length }) => length > 0), input, status };
  }

  /** Lets the device serve its queue; returns what it gave back. */
  serve(): { id: number; len: number }[] {
    while (this.block.handleQueue(0)) {
      // It had enough for one turn.
    }
    this.#settle();
    return this.driver.collectUsed();
  }

  /** Makes a request and has it served. */
  run(request: TestRequest): TestAnswer {
    const { chain, input, status } = this.place(request);
    const [head] = this.driver.add(chain);
    const used = this.serve();
    if (used.length !== 1 || used[0]?.id !== head) {
      throw new Error(`head ${head}, but ${JSON.stringify(used)} came back`);
    }
    return {
      status: this.memory.readU8(status),
      used: used[0]?.len ?? -1,
      input: this.memory.read(input, request.input ?? 0),
    };
  }

  /** What of the configuration was changed: offset, then bytes. */
  get configChanges(): number[][] {
    return this.#configSpace.updated;
  }

  /** The messages of the log. */
  get messages(): string[] {
    return this.log.map(({ message }) => message);
  }
}

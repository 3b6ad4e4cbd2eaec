import { IoUring, type Logger, type Poller, SysError } from '@crosvm/sys-util';

import { type BlockEngine, SynchronousEngine } from './block-engine';
import { QUEUE_SIZE } from './config-space';
import { RawDisk, type RawDiskOptions } from '@crosvm/disk';
import { RingEngine } from './ring-engine';

/** What an engine works with, besides the disk. */
export interface EngineOptions {
  /** Most requests that can be on their way at a time. */
  readonly operations: number;
  readonly poller: Poller;
  readonly logger: Logger;
}

/**
 * Makes the engine that suits a disk. What is in the page cache is there at once, and io_uring only
 * adds to it; past the page cache many requests are to be on their way at a time. Where the host has
 * no io_uring, or does not allow it, requests are done one at a time.
 *
 * All that a lock-down may forbid later is done here: `io_uring_enter` is the only call afterwards.
 */
export function createEngine(disk: RawDiskOptions, options: EngineOptions): BlockEngine {
  const others = new SynchronousEngine(new RawDisk(disk));
  const { image, direct } = disk;
  if (direct === undefined) {
    return others;
  }
  try {
    const ring = createRing(options.operations);
    try {
      return new RingEngine({ ring, poller: options.poller, image, preferred: direct, others });
    } catch (error) {
      ring[Symbol.dispose]();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof SysError)) {
      throw error;
    }
    options.logger.info(`requests are done one at a time: ${error.message}`);
    return others;
  }
}

/** @throws SysError */
function createRing(operations: number): IoUring {
  return IoUring.create({ operations: 2 ** Math.ceil(Math.log2(operations)), ranges: QUEUE_SIZE });
}

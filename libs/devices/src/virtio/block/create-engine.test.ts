import { Errno, IoUring, PollLoop, sinkLogger, SysError } from '@crosvm/sys-util';

import { describeRings } from '../../testing/engines';
import { temporaryImage } from '@crosvm/disk/testing';
import { SynchronousEngine } from './block-engine';
import { createEngine } from './create-engine';
import { RingEngine } from './ring-engine';

/** An image and a loop, and what was logged. */
function makeRig() {
  const image = temporaryImage(new Uint8Array(4096));
  const loop = new PollLoop();
  const log: string[] = [];
  const logger = sinkLogger({
    level: 'info',
    write: ({ level, message }) => log.push(`${level}: ${message}`),
  });
  const create = (direct?: number) =>
    createEngine(
      { image: image.fd.raw, direct, sparse: true },
      { operations: 300, poller: loop, logger },
    );
  const dispose = () => {
    loop[Symbol.dispose]();
    image[Symbol.dispose]();
  };
  return { image, log, create, [Symbol.dispose]: dispose };
}

afterEach(() => jest.restoreAllMocks());

describe('the engine of a disk', () => {
  it('does requests at once where they go through the page cache', () => {
    using rig = makeRig();

    expect(rig.create()).toBeInstanceOf(SynchronousEngine);
    expect(rig.log).toEqual([]);
  });

  it.each([
    ['ENOSYS', 'function not implemented'],
    ['EPERM', 'operation not permitted'],
    ['EMFILE', 'too many open files'],
    ['ENOMEM', 'not enough memory'],
  ] as const)('does so where there is no io_uring, and says why: %s', (code, text) => {
    using rig = makeRig();
    jest.spyOn(IoUring, 'create').mockImplementation(() => {
      throw new SysError('io_uring_setup', Errno[code]);
    });

    expect(rig.create(rig.image.fd.raw)).toBeInstanceOf(SynchronousEngine);
    expect(rig.log).toEqual([
      `info: requests are done one at a time: io_uring_setup: ${text} (${code})`,
    ]);
  });

  it('is none if something else is wrong', () => {
    using rig = makeRig();
    jest.spyOn(IoUring, 'create').mockImplementation(() => {
      throw new TypeError('a mistake');
    });

    expect(() => rig.create(rig.image.fd.raw)).toThrow('a mistake');
  });
});

describeRings('the engine of a disk past the page cache', () => {
  it('does requests by io_uring', () => {
    using rig = makeRig();
    using engine = rig.create(rig.image.fd.raw);

    expect(engine).toBeInstanceOf(RingEngine);
    expect(rig.log).toEqual([]);
  });
});

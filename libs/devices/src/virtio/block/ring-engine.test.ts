import { readdirSync, readlinkSync } from 'node:fs';

import { Errno, Iovecs, type IoUring } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_F_FLUSH,
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_FLUSH,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
} from '@crosvm/virtio-sys';

import { BlockRig, NO_STATUS, type TestRequest } from '../../testing/block-rig';
import { CONFIG, ranges, SECTORS } from '../../testing/disk-rigs';
import { describeRings, ringEngine } from '../../testing/engines';
import { pattern, temporaryImage } from '@crosvm/disk/testing';
import { featureMask, QUEUE_FEATURES } from '../features';
import { blockFeatures } from './config-space';
import type { RawDiskOptions } from '@crosvm/disk';

const OK = VIRTIO_BLK_S_OK;
const IOERR = VIRTIO_BLK_S_IOERR;
const IN = VIRTIO_BLK_T_IN;
const OUT = VIRTIO_BLK_T_OUT;
const FLUSH = VIRTIO_BLK_T_FLUSH;

/** A device over a real file with a ring, its parts at hand. */
function makeRig(disk: Partial<RawDiskOptions> = {}, features?: bigint) {
  const content = pattern(SECTORS * 512);
  const image = temporaryImage(content);
  const parts = ringEngine({ image: image.fd.raw, sparse: true, ...disk });
  const rig = new BlockRig(parts, CONFIG, { features });
  const dispose = () => {
    rig.block[Symbol.dispose]();
    parts.loop[Symbol.dispose]();
    image[Symbol.dispose]();
  };
  return { ...parts, rig, image, content, [Symbol.dispose]: dispose };
}

/** Makes requests available, all at once; returns where their answers come. */
function add(rig: BlockRig, requests: readonly TestRequest[]) {
  const placed = requests.map((request) => rig.place(request));
  rig.driver.add(...placed.map(({ chain }) => chain));
  return placed;
}

/** Lets the kernel do no more than 700 bytes of the first range at a time, as it may. */
function mockShort(ring: IoUring, name: 'readv' | 'writev') {
  const real = ring[name].bind(ring);
  return jest.spyOn(ring, name).mockImplementation((token, fd, iovecs, offset) => {
    const first = new Iovecs(1);
    first.push(iovecs.addressOf(0), Math.min(iovecs.lengthOf(0), 700));
    real(token, fd, first, offset);
  });
}

/** Puts these results in the place of what the next completions say; undefined leaves one alone. */
function mockResults(ring: IoUring, ...results: (number | undefined)[]): void {
  const real = ring.next.bind(ring);
  jest.spyOn(ring, 'next').mockImplementation(() => {
    const isThere = real();
    ring.result = (isThere ? results.shift() : undefined) ?? ring.result;
    return isThere;
  });
}

/** Does not see what is complete for one turn, in which it is looked twice. */
function mockDelay(ring: IoUring): void {
  const next = jest.spyOn(ring, 'next');
  for (let round = 0; round < 16; round += 1) {
    next.mockReturnValueOnce(false);
  }
}

/** The events, rings and polls that are open. */
function openObjects(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // That of the directory itself.
      return '';
    }
  });
  return links.filter((link) => link.startsWith('anon_inode')).length;
}

afterEach(() => jest.restoreAllMocks());

describeRings('requests in a ring', () => {
  it('are on their way together, and interrupt the guest when they come back', () => {
    using device = makeRig();
    const { rig, ring, engine } = device;
    const enter = jest.spyOn(ring, 'enter');
    mockDelay(ring);
    const sectors = Array.from({ length: 21 }, (_, index) => index * 3);
    const placed = add(
      rig,
      sectors.map((sector) => ({ type: IN, sector, input: 512 })),
    );
    rig.block.handleQueue(0);
    const onTheirWay = [engine.inFlight, rig.driver.usedIndex];
    rig.serve();

    expect(onTheirWay).toEqual([21, 0]);
    expect(placed.map(({ status }) => rig.memory.readU8(status))).toEqual(sectors.map(() => OK));
    const read = placed.map(({ input }) => rig.memory.read(input, 512));
    expect(read).toEqual(sectors.map((at) => device.content.slice(at * 512, (at + 1) * 512)));
    expect(rig.interrupts).toBeGreaterThan(0);
    expect(enter.mock.calls.length).toBeLessThan(21);
  });

  it('are as many as the queue has room for, again and again', () => {
    using device = makeRig();
    const { rig } = device;
    const status = rig.driver.place(Uint8Array.of(NO_STATUS));
    const header = rig.driver.place(rig.header({ type: IN }));
    let used = 0;
    for (let round = 0; round < 20; round += 1) {
      const chains = Array.from({ length: 32 }, () => [
        { at: header, length: 16 },
        { at: status, length: 1, writable: true },
      ]);
      rig.driver.add(...chains);
      used += rig.serve().length;
    }

    expect(used).toBe(20 * 32);
    expect(rig.memory.readU8(status)).toBe(OK);
  });

  it('are continued where the kernel does a part', () => {
    using device = makeRig();
    const { rig, ring } = device;
    const reads = mockShort(ring, 'readv');
    const writes = mockShort(ring, 'writev');
    const data = pattern(2048, 9);
    const write = rig.run({ type: OUT, sector: 8, output: data });
    const read = rig.run({ type: IN, sector: 8, input: 2048 });

    expect([write.status, read.status]).toEqual([OK, OK]);
    expect(read.input).toEqual(data);
    expect([reads.mock.calls.length, writes.mock.calls.length]).toEqual([3, 3]);
  });

  it('fail where the kernel fails after a part', () => {
    using device = makeRig();
    mockShort(device.ring, 'writev');
    mockResults(device.ring, undefined, -Errno.ENOSPC);

    expect(device.rig.run({ type: OUT, output: new Uint8Array(2048) }).status).toBe(IOERR);
    expect(device.rig.messages).toEqual(['write: no space left on device (ENOSPC), at sector 0']);
  });

  it.each([
    ['a signal came', Errno.EINTR],
    ['the kernel was short of memory', Errno.EAGAIN],
  ])('are made again when %s', (_, errno) => {
    using device = makeRig();
    mockResults(device.ring, -errno, -errno, undefined, -errno);

    expect(device.rig.run({ type: IN, input: 512 }).status).toBe(OK);
    expect(device.rig.run({ type: FLUSH }).status).toBe(OK);
  });

  it('go through the page cache where O_DIRECT does not suit them', () => {
    using other = temporaryImage(new Uint8Array(512));
    using device = makeRig({ direct: other.fd.raw });
    const readv = jest.spyOn(device.ring, 'readv');
    mockResults(device.ring, -Errno.EINVAL);
    const answer = device.rig.run({ type: IN, sector: 5, input: 512 });

    expect(answer.input).toEqual(device.content.subarray(5 * 512, 6 * 512));
    expect(readv.mock.calls.map(([, fd]) => fd)).toEqual([other.fd.raw, device.image.fd.raw]);
  });

  it('wait until the kernel takes them', () => {
    using device = makeRig();
    const enter = jest.spyOn(device.ring, 'enter');
    enter.mockReturnValueOnce(-Errno.EAGAIN).mockReturnValueOnce(-Errno.EBUSY);

    expect(device.rig.run({ type: IN, input: 512 }).status).toBe(OK);
  });

  it('end the device if the ring is broken, and leave nothing half done', () => {
    using device = makeRig();
    add(device.rig, [{ type: IN, input: 512 }]);
    jest.spyOn(device.ring, 'enter').mockReturnValueOnce(-Errno.EFAULT);

    expect(() => device.rig.serve()).toThrow('io_uring_enter: bad address in system call');
  });
});

describeRings('what is to be durable', () => {
  it('is flushed after it is written, if the driver cannot flush', () => {
    const features = (blockFeatures(CONFIG) | QUEUE_FEATURES) & ~featureMask(VIRTIO_BLK_F_FLUSH);
    using device = makeRig({}, features);
    const order: string[] = [];
    const next = device.ring.next.bind(device.ring);
    const fdatasync = device.ring.fdatasync.bind(device.ring);
    jest.spyOn(device.ring, 'next').mockImplementation(() => {
      const isThere = next();
      order.push(...(isThere ? [`complete ${device.ring.result}`] : []));
      return isThere;
    });
    jest.spyOn(device.ring, 'fdatasync').mockImplementation((token, fd) => {
      order.push('flush');
      fdatasync(token, fd);
    });

    expect(device.rig.run({ type: OUT, output: new Uint8Array(512) }).status).toBe(OK);
    expect(device.rig.run({ type: OUT }).status).toBe(OK);
    expect(order).toEqual(['complete 512', 'flush', 'complete 0', 'flush', 'complete 0']);
  });

  it('fails if it cannot be flushed', () => {
    using device = makeRig();
    mockResults(device.ring, -Errno.EIO);

    expect(device.rig.run({ type: FLUSH }).status).toBe(IOERR);
    expect(device.rig.messages).toEqual(['flush: i/o error (EIO), at sector 0']);
  });
});

describeRings('what the ring does not do', () => {
  it('is done after what was on its way', () => {
    using device = makeRig();
    const { rig } = device;
    const placed = add(rig, [
      { type: OUT, sector: 8, output: pattern(4096, 3) },
      { type: VIRTIO_BLK_T_DISCARD, output: ranges([8, 8]) },
      { type: IN, sector: 8, input: 4096 },
    ]);
    const used = rig.serve();

    expect(used).toHaveLength(3);
    expect(placed.map(({ status }) => rig.memory.readU8(status))).toEqual([OK, OK, OK]);
    expect(rig.memory.read(placed[2]!.input, 4096)).toEqual(new Uint8Array(4096));
  });
});

describeRings('a reset', () => {
  const requests = Array.from({ length: 20 }, (_, sector) => ({ type: IN, sector, input: 512 }));

  it('waits for what is on its way, and nothing is written afterwards', () => {
    using device = makeRig();
    const { rig, engine, loop } = device;
    mockDelay(device.ring);
    const placed = add(rig, requests);
    rig.block.handleQueue(0);
    const before = engine.inFlight;
    rig.block.reset();
    const { usedIndex } = rig.driver;
    placed.forEach(({ input, status }) => {
      rig.memory.fill(input, 512, 0x77);
      rig.memory.fill(status, 1, 0x77);
    });
    [1, 2, 3].forEach(() => loop.runOnce(0));

    expect([before, engine.inFlight, usedIndex]).toEqual([20, 0, 20]);
    expect(rig.driver.usedIndex).toBe(20);
    expect(rig.interrupts).toBe(0);
    const after = placed.map(({ input }) => rig.memory.read(input, 513));
    expect(new Set(after.flatMap((bytes) => [...bytes.subarray(0, 512)]))).toEqual(new Set([0x77]));
  });

  it('of one queue interrupts for what came back meanwhile', () => {
    using device = makeRig();
    mockDelay(device.ring);
    add(device.rig, requests);
    device.rig.block.handleQueue(0);
    device.rig.block.resetQueue();

    expect([device.engine.inFlight, device.rig.interrupts]).toEqual([0, 1]);
  });

  it('leaves a device that works', () => {
    using device = makeRig();
    device.rig.run({ type: IN, input: 512 });
    device.rig.block.reset();
    device.rig.block.activate(device.rig.context);

    expect(device.rig.run({ type: IN, input: 512 }).status).toBe(OK);
  });

  it('waits for requests that the kernel does not take at once', () => {
    using device = makeRig();
    const enter = jest.spyOn(device.ring, 'enter');
    enter.mockReturnValueOnce(-Errno.EAGAIN).mockReturnValueOnce(-Errno.EAGAIN);
    add(device.rig, requests);
    device.rig.block.handleQueue(0);
    device.rig.block.reset();

    expect(device.rig.driver.usedIndex).toBe(20);
  });
});

describeRings('the end of a device', () => {
  it('leaves no descriptors', () => {
    const before = openObjects();
    for (let round = 0; round < 10; round += 1) {
      using device = makeRig();
      add(device.rig, [{ type: IN, input: 512 }]);
      device.rig.block.handleQueue(0);
    }

    expect(openObjects()).toBe(before);
  });
});

import { Errno } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_F_FLUSH,
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_S_UNSUPP,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_FLUSH,
  VIRTIO_BLK_T_GET_ID,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_SECURE_ERASE,
  VIRTIO_BLK_T_WRITE_ZEROES,
  virtio_blk_discard_write_zeroes,
} from '@crosvm/virtio-sys';

import { featureMask, QUEUE_FEATURES } from '../features';
import { BlockRig, NO_STATUS } from '../../testing/block-rig';
import { FakeDisk } from '../../testing/fake-disk';
import { poisonAfterEachRead } from '../../testing/poison';
import { pattern, temporaryImage } from '../../testing/temporary-image';
import { HIGH_MEMORY } from '../testing/test-queue';
import { blockFeatures, MAX_DISCARD_SECTORS, MAX_ZERO_SECTORS } from './config-space';
import type { DiskConfig } from './disk-config';
import { RawDisk } from './raw-disk';

const [OK, IOERR, UNSUPP] = [VIRTIO_BLK_S_OK, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_UNSUPP];
const [IN, OUT, FLUSH] = [VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_FLUSH];
const [DISCARD, ZEROES] = [VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES];
const SECTORS = 64;
const CONFIG: DiskConfig = {
  sectors: SECTORS,
  readOnly: false,
  sparse: true,
  blockSize: 512,
  id: 'serial-1',
  queues: 1,
};

/** A device over a real file. */
function imageRig(config: Partial<DiskConfig> = {}) {
  const content = pattern(SECTORS * 512);
  const image = temporaryImage(content);
  const disk = new RawDisk({ image: image.fd.raw, sparse: true });
  const rig = new BlockRig(disk, { ...CONFIG, ...config });
  return { rig, image, content, [Symbol.dispose]: () => image[Symbol.dispose]() };
}

/** A device over nothing. */
function fakeRig(config: Partial<DiskConfig> = {}, features?: bigint) {
  const disk = new FakeDisk();
  return { disk, rig: new BlockRig(disk, { ...CONFIG, ...config }, { features }) };
}

type Range = readonly [sector: number, sectors: number, flags?: number];

function ranges(...list: readonly Range[]): Uint8Array {
  return Buffer.concat(
    list.map(([sector, num_sectors, flags = 0]) =>
      virtio_blk_discard_write_zeroes.from({ sector, num_sectors, flags }),
    ),
  );
}

describe('reads', () => {
  it('give what is on the disk', () => {
    using device = imageRig();
    const answer = device.rig.run({ type: IN, sector: 3, input: 1024 });

    expect(answer).toMatchObject({ status: OK, used: 1025 });
    expect(answer.input).toEqual(device.content.subarray(3 * 512, 5 * 512));
  });

  it('reach the last sector, and no further', () => {
    using device = imageRig();
    const last = device.rig.run({ type: IN, sector: SECTORS - 1, input: 512 });
    const over = device.rig.run({ type: IN, sector: SECTORS - 1, input: 1024 });

    expect([last.status, over.status]).toEqual([OK, IOERR]);
    expect(over.used).toBe(0);
    expect(new Set(over.input)).toEqual(new Set([0xdd]));
  });

  it('of nothing are done', () => {
    const { rig, disk } = fakeRig();

    expect(rig.run({ type: IN, sector: SECTORS })).toMatchObject({ status: OK, used: 1 });
    expect(disk.calls).toEqual([['read', SECTORS * 512, 0]]);
  });
});

describe('writes', () => {
  it('change the disk, there and nowhere else', () => {
    using device = imageRig();
    const data = pattern(1536, 99);
    const answer = device.rig.run({ type: OUT, sector: 7, output: data });

    expect(answer).toMatchObject({ status: OK, used: 1 });
    const expected = Uint8Array.from(device.content);
    expected.set(data, 7 * 512);
    expect(Buffer.compare(device.image.content(), expected)).toBe(0);
  });

  it('are not flushed if the driver can flush', () => {
    const { rig, disk } = fakeRig();
    rig.run({ type: OUT, output: new Uint8Array(512) });

    expect(disk.calls.map(([name]) => name)).toEqual(['write']);
  });

  it('are flushed, each of them, if the driver cannot', () => {
    // Virtio 1.2, 5.2.6.2.
    const features = (blockFeatures(CONFIG) | QUEUE_FEATURES) & ~featureMask(VIRTIO_BLK_F_FLUSH);
    const { rig, disk } = fakeRig({}, features);
    rig.run({ type: OUT, output: new Uint8Array(512) });
    rig.run({ type: ZEROES, output: ranges([0, 8]) });
    rig.run({ type: IN, input: 512 });

    const names = disk.calls.map(([name]) => name);
    expect(names).toEqual(['write', 'flush', 'writeZeroes', 'flush', 'read']);
  });

  it('fail if the flush fails that they need', () => {
    const { rig, disk } = fakeRig({}, blockFeatures(CONFIG) & ~featureMask(VIRTIO_BLK_F_FLUSH));
    disk.flush = () => -Errno.EIO;

    expect(rig.run({ type: OUT, output: new Uint8Array(512) }).status).toBe(IOERR);
  });
});

describe('flushes', () => {
  it('flush', () => {
    const { rig, disk } = fakeRig();

    expect(rig.run({ type: FLUSH })).toMatchObject({ status: OK, used: 1 });
    expect(disk.calls).toEqual([['flush']]);
  });

  it('do not mind a sector or data, which they should not have', () => {
    const { rig } = fakeRig();
    const request = { type: FLUSH, sector: 2n ** 64n - 1n, output: new Uint8Array(3), input: 5 };

    expect(rig.run(request)).toMatchObject({ status: OK, used: 0 });
  });
});

describe('the id', () => {
  const id = Buffer.concat([Buffer.from('serial-1'), Buffer.alloc(12)]);

  it('is padded with zeroes', () => {
    const { rig } = fakeRig();
    const answer = rig.run({ type: VIRTIO_BLK_T_GET_ID, input: 20 });

    expect(answer).toMatchObject({ status: OK, used: 21 });
    expect(Buffer.from(answer.input)).toEqual(id);
  });

  it('can have all 20 bytes', () => {
    const { rig } = fakeRig({ id: '12345678901234567890' });
    const answer = rig.run({ type: VIRTIO_BLK_T_GET_ID, input: 20 });

    expect(Buffer.from(answer.input).toString()).toBe('12345678901234567890');
  });

  it('takes no more of a buffer that is too long', () => {
    const { rig } = fakeRig();
    const answer = rig.run({ type: VIRTIO_BLK_T_GET_ID, input: 24 });

    expect(answer).toMatchObject({ status: OK, used: 20 });
    expect([...answer.input.subarray(18)]).toEqual([0, 0, 0xdd, 0xdd, 0xdd, 0xdd]);
  });

  it('does not fit into a buffer that is too short', () => {
    const { rig } = fakeRig();
    const answer = rig.run({ type: VIRTIO_BLK_T_GET_ID, input: 19 });

    expect(answer).toMatchObject({ status: IOERR, used: 0 });
    expect(new Set(answer.input)).toEqual(new Set([0xdd]));
  });
});

describe('a request, however it is cut into buffers', () => {
  it('may have its header and its data in one buffer, and its status behind the data', () => {
    using device = imageRig();
    const { rig, content } = device;
    const header = rig.header({ type: IN, sector: 2 });
    const input = rig.driver.allocate(513);
    rig.driver.add([
      { at: rig.driver.place(header), length: 16 },
      { at: input, length: 513, writable: true },
    ]);
    const data = pattern(512, 5);
    const both = Buffer.concat([rig.header({ type: OUT, sector: 9 }), data]);
    const status = rig.driver.place(Uint8Array.of(NO_STATUS));
    rig.driver.add([
      { at: rig.driver.place(both), length: both.length },
      { at: status, length: 1, writable: true },
    ]);

    expect(rig.serve().map(({ len }) => len)).toEqual([513, 1]);
    expect(rig.memory.read(input, 512)).toEqual(content.subarray(1024, 1536));
    expect([rig.memory.readU8(input + 512), rig.memory.readU8(status)]).toEqual([OK, OK]);
    expect(device.image.content().subarray(9 * 512, 10 * 512)).toEqual(Buffer.from(data));
  });

  it('may have a header in many buffers, and data that begins in the middle of one', () => {
    using device = imageRig();
    const { rig } = device;
    const bytes = Buffer.concat([rig.header({ type: OUT, sector: 4 }), pattern(512, 77)]);
    const cuts = [1, 2, 4, 6, 13, 100, 333, bytes.length];
    const pieces = cuts.map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
    const status = rig.driver.allocate(1);
    rig.driver.addIndirect([
      ...pieces.map((piece) => ({ at: rig.driver.place(piece, 1), length: piece.length })),
      { at: status, length: 1, writable: true },
    ]);

    expect(rig.serve()).toHaveLength(1);
    expect(rig.memory.readU8(status)).toBe(OK);
    expect(device.image.content().subarray(4 * 512, 5 * 512)).toEqual(bytes.subarray(16));
  });

  it('may be read into memory that reaches over two views', () => {
    using device = imageRig();
    const { rig, content } = device;
    const at = HIGH_MEMORY + 16 * 1024 ** 2 - 700;
    const { chain } = rig.place({ type: IN });
    rig.driver.add([chain[0]!, { at, length: 1024, writable: true }, chain[1]!]);

    expect(rig.serve()[0]?.len).toBe(1025);
    expect(rig.memory.read(at, 1024)).toEqual(content.subarray(0, 1024));
  });
});

describe('a request that breaks a rule', () => {
  it.each([
    ['one byte less than a sector', { sector: 0, length: 511 }],
    ['one byte more than a sector', { sector: 0, length: 513 }],
    ['one byte', { sector: 0, length: 1 }],
    ['beyond the end', { sector: SECTORS, length: 512 }],
    ['far beyond the end', { sector: 2 ** 40, length: 512 }],
    ['where bytes wrap in 64 bits', { sector: 2n ** 55n, length: 512 }],
    ['where the sum of sectors wraps', { sector: 2n ** 64n - 1n, length: 512 }],
    ['where bytes wrap to the middle of the disk', { sector: 2n ** 55n + 3n, length: 512 }],
    ['larger than the disk', { sector: 0, length: (SECTORS + 1) * 512 }],
  ])('fails and touches nothing: %s', (_, { sector, length }) => {
    const { rig, disk } = fakeRig();
    const read = rig.run({ type: IN, sector, input: length });
    const write = rig.run({ type: OUT, sector, output: new Uint8Array(length) });

    expect([read.status, write.status]).toEqual([IOERR, IOERR]);
    expect(disk.calls).toEqual([]);
    expect(rig.messages[0]).toContain('the guest sent a request that is not whole sectors');
  });

  it.each([VIRTIO_BLK_T_SECURE_ERASE, 2, 3, 5, 10, 0x8000_0000, 0xffff_ffff])(
    'is not supported: type %d',
    (type) => {
      const { rig, disk } = fakeRig();

      expect(rig.run({ type, input: 64, output: new Uint8Array(64) }).status).toBe(UNSUPP);
      expect(disk.calls).toEqual([]);
    },
  );

  it.each([0, 1, 15])('fails with a header of %d bytes', (length) => {
    const { rig } = fakeRig();
    const status = rig.driver.place(Uint8Array.of(NO_STATUS));
    const header = { at: rig.driver.place(new Uint8Array(16)), length };
    rig.driver.add([header, { at: status, length: 1, writable: true }]);

    expect(rig.serve()).toHaveLength(1);
    expect(rig.memory.readU8(status)).toBe(IOERR);
    expect(rig.messages).toEqual(['the guest sent a request without a header']);
  });

  it('comes back with nothing written if it has no room for a status', () => {
    const { rig, disk } = fakeRig();
    const [head] = rig.driver.add([
      { at: rig.driver.place(rig.header({ type: OUT })), length: 16 },
      { at: rig.driver.place(new Uint8Array(512)), length: 512 },
    ]);

    expect(rig.serve()).toEqual([{ id: head, len: 0 }]);
    expect(disk.calls).toEqual([]);
    expect(rig.messages).toEqual(['the guest sent a request without a status byte']);
  });

  it('is followed by others that are served', () => {
    const { rig } = fakeRig();
    for (let round = 0; round < 40; round += 1) {
      rig.run({ type: IN, sector: 999, input: 512 });
    }

    expect(rig.run({ type: IN, input: 512 }).status).toBe(OK);
    expect(rig.messages).toHaveLength(10);
  });

  it('asks for a reset only if its chain is no chain', () => {
    const { rig } = fakeRig();
    rig.driver.publish(64);

    expect(rig.serve()).toEqual([]);
    expect(rig.queue.broken).toBe('available ring names descriptor 64 of 64');
  });
});

describe('a read-only disk', () => {
  const readOnly = { ...CONFIG, readOnly: true };

  it.each([
    ['what it was offered with', blockFeatures(readOnly)],
    ['nothing', 0n],
    ['features that it was not offered with', blockFeatures(CONFIG)],
  ])('is not changed by a driver that negotiated %s', (_, features) => {
    const { rig, disk } = fakeRig(readOnly, features);
    const answers = [
      rig.run({ type: OUT, output: new Uint8Array(512) }),
      rig.run({ type: OUT }),
      rig.run({ type: DISCARD, output: ranges([0, 8]) }),
      rig.run({ type: ZEROES, output: ranges([0, 8]) }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([IOERR, IOERR, IOERR, IOERR]);
    expect(disk.calls).toEqual([]);
  });

  it('can be read and flushed', () => {
    const { rig } = fakeRig(readOnly);

    expect(rig.run({ type: IN, input: 512 }).status).toBe(OK);
    expect(rig.run({ type: FLUSH }).status).toBe(OK);
  });
});

describe('discard and write zeroes', () => {
  it('do each range', () => {
    const { rig, disk } = fakeRig();
    const discarded = rig.run({ type: DISCARD, output: ranges([8, 4], [0, 0], [60, 4]) });
    const kept = rig.run({ type: ZEROES, output: ranges([1, 2]) });
    const unmapped = rig.run({ type: ZEROES, output: ranges([1, 2, 1]) });

    expect([discarded, kept, unmapped].map(({ status }) => status)).toEqual([OK, OK, OK]);
    expect(disk.calls).toEqual([
      ['discard', 8 * 512, 4 * 512],
      ['discard', 60 * 512, 4 * 512],
      ['writeZeroes', 512, 1024, false],
      ['writeZeroes', 512, 1024, true],
    ]);
  });

  it('change what the disk reads as', () => {
    using device = imageRig();
    device.rig.run({ type: ZEROES, output: ranges([1, 2]) });
    device.rig.run({ type: DISCARD, output: ranges([16, 8]) });

    const expected = Uint8Array.from(device.content).fill(0, 512, 1536).fill(0, 8192, 12288);
    expect(Buffer.compare(device.image.content(), expected)).toBe(0);
  });

  it.each([
    ['no range', new Uint8Array(0), IOERR],
    ['half a range', ranges([0, 1]).subarray(0, 8), IOERR],
    ['a range and a half', Buffer.concat([ranges([0, 1]), new Uint8Array(8)]), IOERR],
    ['a range beyond the end', ranges([SECTORS - 1, 2]), IOERR],
    ['a range that begins beyond the end', ranges([SECTORS + 1, 0]), IOERR],
    ['a range whose end wraps', ranges([2 ** 52, 0xffff_ffff]), IOERR],
    ['a good range before a bad one', ranges([0, 1], [SECTORS, 1]), IOERR],
    ['an unknown flag', ranges([0, 1, 2]), UNSUPP],
    ['all flags', ranges([0, 1, 0xffff_ffff]), UNSUPP],
    ['an unknown flag after a bad range', ranges([SECTORS, 1], [0, 1, 4]), UNSUPP],
  ])('do nothing with %s', (_, output, status) => {
    const { rig, disk } = fakeRig();
    const answer = rig.run({ type: DISCARD, output });

    expect([answer.status, disk.calls]).toEqual([status, []]);
  });

  it('refuse to unmap in a discard', () => {
    // Virtio 1.2, 5.2.6.2.
    const { rig } = fakeRig();

    expect(rig.run({ type: DISCARD, output: ranges([0, 1, 1]) }).status).toBe(UNSUPP);
  });

  it('bound the number of ranges and their size', () => {
    const { rig, disk } = fakeRig({ sectors: 2 ** 40 });
    const many = Array.from({ length: 33 }, (_, index): Range => [index, 1]);
    const answers = [
      rig.run({ type: DISCARD, output: ranges(...many.slice(1)) }),
      rig.run({ type: DISCARD, output: ranges(...many) }),
      rig.run({ type: DISCARD, output: ranges([0, MAX_DISCARD_SECTORS]) }),
      rig.run({ type: DISCARD, output: ranges([0, MAX_DISCARD_SECTORS + 1]) }),
      rig.run({ type: ZEROES, output: ranges([0, 1], [1, 1]) }),
      rig.run({ type: ZEROES, output: ranges([0, MAX_ZERO_SECTORS]) }),
      rig.run({ type: ZEROES, output: ranges([0, MAX_ZERO_SECTORS + 1]) }),
      rig.run({ type: ZEROES, output: ranges([0, 0xffff_ffff]) }),
    ];

    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual([OK, IOERR, OK, IOERR, IOERR, OK, IOERR, IOERR]);
    expect(disk.calls).toHaveLength(32 + 2);
  });

  it('are not there for a driver that did not negotiate them', () => {
    const { rig, disk } = fakeRig({}, featureMask(VIRTIO_BLK_F_FLUSH));

    expect(rig.run({ type: DISCARD, output: ranges([0, 1]) }).status).toBe(UNSUPP);
    expect(rig.run({ type: ZEROES, output: ranges([0, 1]) }).status).toBe(UNSUPP);
    expect(disk.calls).toEqual([]);
  });

  it('stop at the first range that fails', () => {
    const { rig, disk } = fakeRig();
    disk.result = -Errno.EIO;

    expect(rig.run({ type: DISCARD, output: ranges([0, 1], [1, 1]) }).status).toBe(IOERR);
    expect(disk.calls).toHaveLength(1);
  });
});

describe('a host that fails', () => {
  it.each([
    ['EIO', Errno.EIO, 'i/o error'],
    ['ENOSPC', Errno.ENOSPC, 'no space left on device'],
  ])('makes requests fail with a line in the log: %s', (code, errno, text) => {
    const { rig, disk } = fakeRig();
    disk.result = -errno;
    const answers = [
      rig.run({ type: IN, sector: 5, input: 512 }),
      rig.run({ type: OUT, output: new Uint8Array(512) }),
      rig.run({ type: FLUSH }),
      rig.run({ type: DISCARD, output: ranges([0, 1]) }),
      rig.run({ type: ZEROES, output: ranges([0, 1]) }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([IOERR, IOERR, IOERR, IOERR, IOERR]);
    expect(answers[0]?.used).toBe(0);
    expect(rig.messages[0]).toBe(`request of type 0: ${text} (${code}), at sector 5`);
  });

  it('does not fill the log, and goes on when it is well again', () => {
    const { rig, disk } = fakeRig();
    disk.result = -Errno.EIO;
    for (let round = 0; round < 100; round += 1) {
      rig.run({ type: OUT, output: new Uint8Array(512) });
    }
    disk.result = 0;

    expect(rig.run({ type: OUT, output: new Uint8Array(512) }).status).toBe(OK);
    expect(rig.messages).toHaveLength(10);
  });

  it('that cut the file makes reads fail, not wait', () => {
    const image = temporaryImage(pattern(1024));
    const rig = new BlockRig(new RawDisk({ image: image.fd.raw, sparse: true }), CONFIG);
    const answer = rig.run({ type: IN, sector: 1, input: 1024 });
    image[Symbol.dispose]();

    expect(answer).toMatchObject({ status: IOERR, used: 0 });
  });
});

describe('the batch', () => {
  it('interrupts a guest that waits before all of a large one is done', () => {
    const { rig } = fakeRig({ sectors: 2 ** 20 });
    const data = { at: HIGH_MEMORY, length: 128 * 1024, writable: true };
    for (let index = 0; index < 4; index += 1) {
      const { chain } = rig.place({ type: IN });
      rig.driver.usedEvent = 0;
      rig.driver.add([chain[0]!, data, chain[1]!]);
    }
    rig.block.handleQueue(0);

    expect(rig.interrupts).toBe(1);
    expect(rig.driver.usedIndex).toBe(4);
  });

  it('is not served after a reset', () => {
    const { rig, disk } = fakeRig();
    rig.driver.add(rig.place({ type: FLUSH }).chain);
    rig.block.reset();

    expect(rig.block.handleQueue(0)).toBe(false);
    expect(disk.calls).toEqual([]);
  });
});

describe('memory that changes while the device looks at it', () => {
  afterEach(() => jest.restoreAllMocks());

  it('has its header read once and its status written once', () => {
    const { rig, disk } = fakeRig();
    const { chain, status } = rig.place({ type: OUT, sector: 3, output: new Uint8Array(512) });
    rig.driver.add(chain);
    const setUint8 = jest.spyOn(DataView.prototype, 'setUint8');
    poisonAfterEachRead();
    rig.block.handleQueue(0);
    const writes = setUint8.mock.calls.length;
    jest.restoreAllMocks();

    expect(disk.calls).toEqual([['write', 3 * 512, 512]]);
    expect(rig.memory.read(chain[0]!.at, 16)).toEqual(new Uint8Array(16).fill(0xff));
    expect(writes).toBe(1);
    expect(rig.memory.readU8(status)).toBe(OK);
  });
});

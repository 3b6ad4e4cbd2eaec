import { Errno } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_F_FLUSH,
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_FLUSH,
  VIRTIO_BLK_T_GET_ID,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_WRITE_ZEROES,
} from '@crosvm/virtio-sys';

import { NO_STATUS } from '../../testing/block-rig';
import { CONFIG, fakeRig, imageRig, ranges, SECTORS } from '../../testing/disk-rigs';
import { describeEngines } from '../../testing/engines';
import { pattern } from '@crosvm/disk/testing';
import { featureMask, QUEUE_FEATURES } from '../features';
import { HIGH_MEMORY } from '../testing/test-queue';
import type { FollowCapacity } from './block';
import { blockFeatures } from './config-space';

const OK = VIRTIO_BLK_S_OK;
const IOERR = VIRTIO_BLK_S_IOERR;
const IN = VIRTIO_BLK_T_IN;
const OUT = VIRTIO_BLK_T_OUT;
const FLUSH = VIRTIO_BLK_T_FLUSH;
const DISCARD = VIRTIO_BLK_T_DISCARD;
const ZEROES = VIRTIO_BLK_T_WRITE_ZEROES;

describeEngines('reads', (kind) => {
  it('give what is on the disk', () => {
    using device = imageRig(kind);
    const answer = device.rig.run({ type: IN, sector: 3, input: 1024 });

    expect(answer).toMatchObject({ status: OK, used: 1025 });
    expect(answer.input).toEqual(device.content.subarray(3 * 512, 5 * 512));
  });

  it('reach the last sector, and no further', () => {
    using device = imageRig(kind);
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

describeEngines('writes', (kind) => {
  it('change the disk, there and nowhere else', () => {
    using device = imageRig(kind);
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
    const { rig, disk } = fakeRig({}, { features });
    rig.run({ type: OUT, output: new Uint8Array(512) });
    rig.run({ type: ZEROES, output: ranges([0, 8]) });
    rig.run({ type: IN, input: 512 });

    const names = disk.calls.map(([name]) => name);
    expect(names).toEqual(['write', 'flush', 'writeZeroes', 'flush', 'read']);
  });

  it('fail if the flush fails that they need', () => {
    const { rig, disk } = fakeRig(
      {},
      { features: blockFeatures(CONFIG) & ~featureMask(VIRTIO_BLK_F_FLUSH) },
    );
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

describeEngines('a request, however it is cut into buffers', (kind) => {
  it('may have its header and its data in one buffer, and its status behind the data', () => {
    using device = imageRig(kind);
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
    using device = imageRig(kind);
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
    using device = imageRig(kind);
    const { rig, content } = device;
    const at = HIGH_MEMORY + 16 * 1024 ** 2 - 700;
    const { chain } = rig.place({ type: IN });
    rig.driver.add([chain[0]!, { at, length: 1024, writable: true }, chain[1]!]);

    expect(rig.serve()[0]?.len).toBe(1025);
    expect(rig.memory.read(at, 1024)).toEqual(content.subarray(0, 1024));
  });
});

describe('a read-only disk', () => {
  const readOnly = { ...CONFIG, readOnly: true };

  it.each([
    ['what it was offered with', blockFeatures(readOnly)],
    ['nothing', 0n],
    ['features that it was not offered with', blockFeatures(CONFIG)],
  ])('is not changed by a driver that negotiated %s', (_, features) => {
    const { rig, disk } = fakeRig(readOnly, { features });
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

describe('a disk whose size changes', () => {
  /** A device that is told its size by the test. */
  function growingRig() {
    let tell: (bytes: number) => void = () => undefined;
    let ended = 0;
    const follow: FollowCapacity = (resized) => {
      tell = resized;
      return { [Symbol.dispose]: () => (ended += 1) };
    };
    const { rig, disk } = fakeRig({ blockSize: 1024 }, { follow });
    return { rig, disk, tell: (bytes: number) => tell(bytes), ended: () => ended };
  }

  it('tells the driver its capacity, and takes requests for what is new', () => {
    const { rig, tell } = growingRig();
    expect(rig.run({ type: IN, sector: SECTORS, input: 512 }).status).toBe(IOERR);

    tell((SECTORS + 258) * 512);

    expect(rig.configChanges).toEqual([[0, (SECTORS + 258) & 0xff, 1, 0, 0, 0, 0, 0, 0]]);
    expect(rig.run({ type: IN, sector: SECTORS + 257, input: 512 }).status).toBe(OK);
    expect(rig.run({ type: DISCARD, output: ranges([SECTORS, 258]) }).status).toBe(OK);
    expect(rig.run({ type: ZEROES, output: ranges([SECTORS, 258]) }).status).toBe(OK);
    expect(rig.run({ type: IN, sector: SECTORS + 258, input: 512 }).status).toBe(IOERR);
  });

  it('refuses what is not there any more', () => {
    const { rig, disk, tell } = growingRig();
    tell(0);

    expect(rig.run({ type: IN, input: 512 }).status).toBe(IOERR);
    expect(rig.run({ type: DISCARD, output: ranges([0, 1]) }).status).toBe(IOERR);
    expect(disk.calls).toEqual([]);
  });

  it('has whole blocks only', () => {
    const { rig, tell } = growingRig();
    tell(10 * 1024 + 1023);

    expect(rig.configChanges).toEqual([[0, 20, 0, 0, 0, 0, 0, 0, 0]]);
  });

  it('says nothing while it stays as it is', () => {
    const { rig, tell } = growingRig();
    tell(SECTORS * 512);
    tell(SECTORS * 512 + 1);

    expect(rig.configChanges).toEqual([]);
  });

  it('is told by the VMM, also when there is no driver, and answers when all is done', () => {
    const { rig, disk } = fakeRig();
    const answers: unknown[] = [];
    rig.block.command({ kind: 'resize-disk', bytes: (SECTORS + 2) * 512 }, (answer) =>
      answers.push(answer),
    );
    expect(rig.run({ type: IN, sector: SECTORS + 1, input: 512 }).status).toBe(OK);
    rig.block.reset();
    rig.block.command({ kind: 'resize-disk', bytes: 512 }, (answer) => answers.push(answer));
    rig.block.command({ kind: 'balloon-state' }, (answer) => answers.push(answer));

    expect(answers).toEqual([true, true, undefined]);
    expect(rig.configChanges.map((change) => change.slice(0, 2))).toEqual([
      [0, SECTORS + 2],
      [0, 1],
    ]);
    expect(disk.calls).toHaveLength(1);
  });

  it('is looked at only while there is a driver', () => {
    const { rig, ended } = growingRig();
    expect(ended()).toBe(0);
    rig.block.reset();
    rig.block[Symbol.dispose]();
    expect(ended()).toBe(1);
    rig.block.activate(rig.context);
    rig.block.reset();

    expect(ended()).toBe(2);
  });
});

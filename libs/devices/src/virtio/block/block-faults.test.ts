import { constants } from 'node:fs';

import { Errno, openFile } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_S_UNSUPP,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_FLUSH,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_SECURE_ERASE,
  VIRTIO_BLK_T_WRITE_ZEROES,
} from '@crosvm/virtio-sys';

import { BlockRig, NO_STATUS } from '../../testing/block-rig';
import { CONFIG, fakeRig, ranges, SECTORS } from '../../testing/disk-rigs';
import { describeEngines, engineFor } from '../../testing/engines';
import { poisonAfterEachRead } from '../../testing/poison';
import { pattern, temporaryImage } from '@crosvm/disk/testing';

const OK = VIRTIO_BLK_S_OK;
const IOERR = VIRTIO_BLK_S_IOERR;
const UNSUPP = VIRTIO_BLK_S_UNSUPP;
const IN = VIRTIO_BLK_T_IN;
const OUT = VIRTIO_BLK_T_OUT;
const FLUSH = VIRTIO_BLK_T_FLUSH;
const DISCARD = VIRTIO_BLK_T_DISCARD;
const ZEROES = VIRTIO_BLK_T_WRITE_ZEROES;

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
    expect(rig.messages[0]).toBe(`read: ${text} (${code}), at sector 5`);
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
    rig.block.reset();
    expect(rig.messages.at(-1)).toBe('90 more messages like these were dropped');
  });
});

describeEngines('a host', (kind) => {
  it('that cut the file makes reads fail, not wait', () => {
    using image = temporaryImage(pattern(1024));
    const rig = new BlockRig(engineFor(kind, { image: image.fd.raw, sparse: true }), CONFIG);
    const answer = rig.run({ type: IN, sector: 1, input: 1024 });
    rig.block[Symbol.dispose]();

    expect(answer).toMatchObject({ status: IOERR, used: 0 });
    expect(rig.messages).toEqual(['read: i/o error (EIO), at sector 1']);
  });

  it('that has no room makes writes fail, with a line in the log', () => {
    using full = openFile('/dev/full', constants.O_RDWR);
    const rig = new BlockRig(engineFor(kind, { image: full.raw, sparse: true }), CONFIG);
    const answer = rig.run({ type: OUT, output: new Uint8Array(512) });
    rig.block[Symbol.dispose]();

    expect(answer).toMatchObject({ status: IOERR, used: 1 });
    expect(rig.messages).toEqual(['write: no space left on device (ENOSPC), at sector 0']);
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

import { Errno } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_F_FLUSH,
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_S_UNSUPP,
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_WRITE_ZEROES,
} from '@crosvm/virtio-sys';

import { fakeRig, imageRig, type Range, ranges, SECTORS } from '../../testing/disk-rigs';
import { describeEngines } from '../../testing/engines';
import { featureMask } from '../features';
import { MAX_DISCARD_SECTORS, MAX_ZERO_SECTORS } from './config-space';

const OK = VIRTIO_BLK_S_OK;
const IOERR = VIRTIO_BLK_S_IOERR;
const UNSUPP = VIRTIO_BLK_S_UNSUPP;
const DISCARD = VIRTIO_BLK_T_DISCARD;
const ZEROES = VIRTIO_BLK_T_WRITE_ZEROES;

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
    const { rig, disk } = fakeRig({}, { features: featureMask(VIRTIO_BLK_F_FLUSH) });

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

describeEngines('a real disk', (kind) => {
  it('reads as zeroes where it was zeroed or discarded', () => {
    using device = imageRig(kind);
    device.rig.run({ type: ZEROES, output: ranges([1, 2]) });
    device.rig.run({ type: DISCARD, output: ranges([16, 8]) });

    const expected = Uint8Array.from(device.content).fill(0, 512, 1536).fill(0, 8192, 12288);
    expect(Buffer.compare(device.image.content(), expected)).toBe(0);
  });
});

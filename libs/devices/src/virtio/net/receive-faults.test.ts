import { Errno } from '@crosvm/sys-util';
import type * as sysUtil from '@crosvm/sys-util';

import { frame, NetRig } from '../../testing/net-rig';
import type { NetConfig } from './net-config';

const CONFIG: NetConfig = { mac: [2, 0, 0, 0, 0, 1], pairs: 1, offload: 0x1f };

/** What the next reads return instead of reading. */
const mockResults: number[] = [];

jest.mock('@crosvm/sys-util', () => {
  const actual = jest.requireActual<typeof sysUtil>('@crosvm/sys-util');
  const readvRaw: typeof sysUtil.readvRaw = (fd, iovecs) =>
    mockResults.shift() ?? actual.readvRaw(fd, iovecs);
  return { ...actual, readvRaw };
});

beforeEach(() => {
  mockResults.length = 0;
});

const lengths = (rig: NetRig): number[] =>
  rig
    .driver(0)
    .collectUsed()
    .map(({ len }) => len);

describe('a read that fails', () => {
  it.each(['EIO', 'ENETDOWN', 'EINVAL', 'ENOBUFS', 'ENOMEM', 'EFAULT'] as const)(
    'with %s does not end the link',
    (code) => {
      using rig = new NetRig(CONFIG);
      rig.give([64, 64]);
      mockResults.push(-Errno[code], -Errno[code]);
      rig.hostSends(frame(20));
      rig.hostSends(frame(30));
      rig.turn();

      expect(lengths(rig)).toEqual([32, 42]);
      expect(rig.configChanges).toEqual([]);
      expect(rig.messages).toEqual([
        expect.stringMatching(`^a frame for the guest was lost \\(1 so far\\): read: .*${code}`),
        expect.stringMatching(`^a frame for the guest was lost \\(2 so far\\): read: .*${code}`),
      ]);
    },
  );

  it('because of a signal, or because there is nothing, says nothing', () => {
    using rig = new NetRig(CONFIG);
    rig.give([64]);
    mockResults.push(-Errno.EINTR, -Errno.EAGAIN, -Errno.EINTR);
    rig.hostSends(frame(20));
    rig.turn();

    expect(lengths(rig)).toEqual([32]);
    expect(rig.messages).toEqual([]);
  });

  it.each([77, Errno.ENODEV, Errno.EBADF])('with errno %i ends the link', (errno) => {
    using rig = new NetRig(CONFIG);
    rig.give([64]);
    mockResults.push(-errno);
    rig.hostSends(frame(20));
    rig.turn();

    expect(rig.messages).toEqual([expect.stringMatching('^the link is down: read: ')]);
    expect(rig.configChanges).toHaveLength(1);
  });

  it('again and again ends the link, and others have their turn meanwhile', () => {
    using rig = new NetRig(CONFIG);
    rig.give([64]);
    mockResults.push(...Array.from({ length: 2000 }, () => -Errno.EIO));
    rig.hostSends(frame(20));
    rig.turn(1);
    const first = mockResults.length;
    rig.turn();

    expect(first).toBeGreaterThan(1800);
    expect(mockResults).toHaveLength(1000);
    expect(rig.messages.at(-1)).toMatch(/^the link is down: read: .*EIO/);
    expect(rig.messages.length).toBeLessThan(20);
  });
});

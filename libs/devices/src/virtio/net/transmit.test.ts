import fc from 'fast-check';

import { frame, NetRig } from '../../testing/net-rig';
import type { NetConfig } from './net-config';

const CONFIG: NetConfig = { mac: [2, 0, 0, 0, 0, 1], pairs: 1, offload: 0x1f };

describe('a frame of the driver', () => {
  it('goes to the host with its header', () => {
    using rig = new NetRig(CONFIG);
    const bytes = frame(100, 0x31, Buffer.from('0102030405060708090a0b0c', 'hex'));

    rig.send(bytes);

    expect(rig.hostReceived()).toEqual([bytes]);
    expect(rig.driver(1).collectUsed()).toEqual([{ id: 0, len: 0 }]);
  });

  it('is counted without its header', () => {
    using rig = new NetRig(CONFIG);

    rig.send(frame(100));
    rig.send(new Uint8Array(5));

    expect(rig.counters.read()).toMatchObject({ fromGuestBytes: 100, toGuestBytes: 0, errors: 1 });
  });

  it('goes there however it is cut', () => {
    const cuts = fc.array(fc.nat(400), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, fc.nat(255), (list, fill) => {
        using rig = new NetRig(CONFIG);
        const bytes = frame(388, fill);
        rig.send(bytes, list);
        expect(rig.hostReceived()).toEqual([bytes]);
        expect(rig.driver(1).collectUsed()).toEqual([{ id: 0, len: 0 }]);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['nothing but a header', 12],
    ['half a header', 5],
    ['fewer bytes than Ethernet has', 25],
  ])('with %s is dropped', (_, length) => {
    using rig = new NetRig(CONFIG);

    rig.send(new Uint8Array(length));

    expect(rig.hostReceived()).toEqual([]);
    expect(rig.driver(1).collectUsed()).toEqual([{ id: 0, len: 0 }]);
    expect(rig.messages).toEqual(['the guest sent a frame that is none']);
  });

  it('with no bytes at all is dropped', () => {
    using rig = new NetRig(CONFIG);
    rig.driver(1).add([{ at: 0x4000, length: 0 }], [{ at: 0x4000, length: 100, writable: true }]);

    rig.kick(1);

    expect(rig.hostReceived()).toEqual([]);
    expect(rig.driver(1).collectUsed()).toHaveLength(2);
  });

  it('that is too long for a host is dropped, however much memory it names', () => {
    using rig = new NetRig(CONFIG);
    const huge = { at: 4 * 1024 ** 3, length: 32 * 1024 ** 2 };
    rig.driver(1).add(Array.from({ length: 32 }, () => huge));
    rig.driver(1).add([{ at: 0x4000, length: 65_567 }]);

    rig.kick(1);

    expect(rig.hostReceived()).toEqual([]);
    expect(rig.driver(1).collectUsed()).toHaveLength(2);
  });

  it('is dropped when the host is full, and the next ones are sent when it is not', () => {
    using rig = new NetRig(CONFIG);
    const at = rig.driver(1).place(frame(60_000));
    rig.driver(1).add(...Array.from({ length: 20 }, () => [{ at, length: 60_012 }]));
    rig.kick(1);
    const dropped = rig.messages;
    const [first, ...others] = rig.hostReceived();
    rig.send(frame(20, 3));

    expect(dropped[0]).toMatch(
      /^a frame of the guest was dropped \(1 so far\): write: .*(EAGAIN|ENOBUFS)/,
    );
    expect(others.length).toBeLessThan(19);
    expect(first).toHaveLength(60_012);
    expect(rig.driver(1).collectUsed()).toHaveLength(21);
    expect(rig.hostReceived()).toEqual([frame(20, 3)]);
  });

  it('is one of many that are sent in one turn, and not all', () => {
    using rig = new NetRig(CONFIG, { descriptors: 256 });
    const at = rig.driver(1).place(frame(20));
    rig.driver(1).add(...Array.from({ length: 200 }, () => [{ at, length: 32 }]));

    const more = rig.net.handleQueue(1);
    const first = rig.driver(1).collectUsed().length;
    rig.net.handleQueue(1);

    expect([more, first]).toEqual([true, 128]);
    expect(rig.driver(1).collectUsed()).toHaveLength(72);
  });

  it('stays where it is after a reset', () => {
    using rig = new NetRig(CONFIG);
    rig.net.reset();

    rig.send(frame(20));

    expect(rig.hostReceived()).toEqual([]);
    expect(rig.driver(1).usedIndex).toBe(0);
  });
});

import { VIRTIO_NET_F_MRG_RXBUF } from '@crosvm/virtio-sys';
import fc from 'fast-check';

import { frame, NetRig, type RxBuffer } from '../../testing/net-rig';
import type { UsedEntry } from '../testing/mock-driver';
import { featureMask, QUEUE_FEATURES } from '../features';
import { netFeatures } from './config-space';
import type { NetConfig } from './net-config';

const CONFIG: NetConfig = { mac: [2, 0, 0, 0, 0, 1], pairs: 1, offload: 0x1f };
const ONE_BUFFER = (netFeatures(CONFIG) | QUEUE_FEATURES) & ~featureMask(VIRTIO_NET_F_MRG_RXBUF);

/** How many buffers the header at the start of `bytes` names. */
const buffersOf = (bytes: Buffer): number => bytes.readUInt16LE(10);

describe('a frame from the host', () => {
  it('goes to the next buffer, with its header', () => {
    using rig = new NetRig(CONFIG);
    const [first] = rig.give([1536, 1536]);
    const header = Buffer.from('010203040506070809aaffff', 'hex');

    rig.hostSends(frame(100, 0x55, header));
    rig.turn();

    expect(rig.driver(0).collectUsed()).toEqual([{ id: 0, len: 112 }]);
    expect(rig.read(first!, 113).toString('hex')).toBe(
      `010203040506070809aa0100${'55'.repeat(100)}ee`,
    );
    expect(rig.interrupts).toEqual([1, 0, 0]);
  });

  it('is counted without its header', () => {
    using rig = new NetRig(CONFIG);
    rig.give([1536]);

    rig.hostSends(frame(100));
    rig.turn();

    expect(rig.counters.read()).toMatchObject({ toGuestBytes: 100, fromGuestBytes: 0, errors: 0 });
  });

  it('goes to as many buffers as it needs, which are used together', () => {
    using rig = new NetRig(CONFIG);
    const buffers = rig.give([100, 200, 300, 400]);

    rig.hostSends(frame(500, 0x66));
    rig.hostSends(frame(10, 0x77));
    rig.turn();

    expect(rig.driver(0).collectUsed()).toEqual([
      { id: 0, len: 100 },
      { id: 1, len: 200 },
      { id: 2, len: 212 },
      { id: 3, len: 22 },
    ]);
    expect(buffersOf(rig.read(buffers[0]!, 12))).toBe(3);
    expect(buffersOf(rig.read(buffers[3]!, 12))).toBe(1);
    expect(rig.read(buffers[2]!, 213).toString('hex')).toBe(`${'66'.repeat(212)}ee`);
  });

  it('waits in the interface as long as there are no buffers', () => {
    using rig = new NetRig(CONFIG);
    rig.hostSends(frame(50));
    rig.turn();
    const before = rig.driver(0).collectUsed();

    rig.give([1536]);

    expect(before).toEqual([]);
    expect(rig.driver(0).collectUsed()).toEqual([{ id: 0, len: 62 }]);
  });

  it('is not lost when the driver gives buffers by and by', () => {
    using rig = new NetRig(CONFIG);
    rig.give([100]);
    rig.hostSends(frame(600, 0x11));
    rig.hostSends(frame(20, 0x22));
    rig.turn();
    rig.give([200]);
    const before = rig.driver(0).collectUsed();

    const [third, fourth] = rig.give([400, 64]);

    expect(before).toEqual([]);
    expect(
      rig
        .driver(0)
        .collectUsed()
        .map(({ len }) => len),
    ).toEqual([100, 200, 312, 32]);
    expect(rig.read(third!, 312).toString('hex')).toBe('11'.repeat(312));
    expect(rig.read(fourth!, 32).toString('hex')).toBe(`${'00'.repeat(10)}0100${'22'.repeat(20)}`);
  });

  it('is dropped when all the buffers that there can be are too few', () => {
    using rig = new NetRig(CONFIG, { descriptors: 256 });
    rig.give(Array.from({ length: 200 }, () => 64));
    rig.hostSends(frame(60_000));
    rig.turn();
    const used = rig.driver(0).collectUsed();
    rig.give(Array.from({ length: 8 }, () => 64));
    rig.hostSends(frame(30));
    rig.turn();

    expect(new Set(used.map(({ len }) => len))).toEqual(new Set([0]));
    expect(used).toHaveLength(200);
    expect(rig.driver(0).collectUsed()).toEqual([{ id: 200, len: 42 }]);
    expect(rig.messages).toEqual(['the guest gave too few buffers for a frame']);
  });

  it.each([16, 32, 64])('is dropped when a ring of %i has no room for it', (descriptors) => {
    using rig = new NetRig(CONFIG, { descriptors });
    rig.give(Array.from({ length: descriptors }, () => 256));
    rig.hostSends(frame(60_000));
    rig.hostSends(frame(30));
    rig.turn();
    const used = rig.driver(0).collectUsed();
    rig.give(used.map(() => 256));

    expect(used.map(({ len }) => len)).toEqual(Array.from({ length: descriptors }, () => 0));
    expect(
      rig
        .driver(0)
        .collectUsed()
        .map(({ len }) => len),
    ).toEqual([42]);
    expect(rig.messages).toEqual(['the guest gave too few buffers for a frame']);
  });

  it('is dropped when the driver gives no more than half of its descriptors', () => {
    using rig = new NetRig(CONFIG, { descriptors: 64 });
    // Two a chain, as a driver has them that wants headers elsewhere.
    const pair = (at: number) => [
      { at, length: 12, writable: true },
      { at: at + 16, length: 244, writable: true },
    ];
    rig.driver(0).add(...Array.from({ length: 16 }, (_, index) => pair(0x8_0000 + 256 * index)));
    rig.kick(0);
    rig.hostSends(frame(60_000));
    rig.turn();

    expect(rig.driver(0).collectUsed()).toHaveLength(16);
    expect(rig.messages).toEqual(['the guest gave too few buffers for a frame']);
  });

  it('of 64 KiB is taken', () => {
    using rig = new NetRig(CONFIG, { descriptors: 256 });
    const buffers = rig.give(Array.from({ length: 60 }, () => 1536));
    rig.hostSends(frame(65_535, 0x42));
    rig.turn();

    const used = rig.driver(0).collectUsed();
    expect(used.reduce((sum, { len }) => sum + len, 0)).toBe(65_547);
    expect(buffersOf(rig.read(buffers[0]!, 12))).toBe(43);
  });

  it('goes to one buffer if the driver wants no more', () => {
    using rig = new NetRig(CONFIG, { features: ONE_BUFFER });
    const [first] = rig.give([200, 200]);
    rig.hostSends(frame(300));
    rig.hostSends(frame(20, 9));
    rig.turn();

    expect(rig.driver(0).collectUsed()).toEqual([{ id: 0, len: 32 }]);
    expect(buffersOf(rig.read(first!, 12))).toBe(1);
    expect(rig.messages).toEqual(['the guest gave a buffer that is too small for a frame']);
  });

  it('never goes to buffers without room for a header', () => {
    using rig = new NetRig(CONFIG);
    rig.give([11, 1, 64]);
    rig.hostSends(frame(20));
    rig.turn();

    expect(
      rig
        .driver(0)
        .collectUsed()
        .map(({ len }) => len),
    ).toEqual([0, 0, 32]);
    expect(rig.messages).toEqual(['the guest gave a buffer without room for a header']);
  });

  it('has its header in order even where the driver cut it to bytes', () => {
    using rig = new NetRig(CONFIG);
    const at = 0x8_0000;
    const pieces = Array.from({ length: 13 }, (_, index) => ({
      at: at + 2 * index,
      length: index < 12 ? 1 : 100,
      writable: true,
    }));
    rig.driver(0).add(pieces);
    rig.kick(0);
    rig.hostSends(frame(20, 5, Buffer.from('000102030405060708090a0b', 'hex')));
    rig.turn();

    const header = pieces.slice(0, 12).map(({ at: byte }) => rig.memory.readU8(byte));
    expect(header).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0]);
    expect(rig.driver(0).collectUsed()).toEqual([{ id: 0, len: 32 }]);
  });

  it('that came before the driver was ready is dropped', () => {
    using rig = new NetRig(CONFIG);
    rig.give([1536]);
    rig.reset();
    rig.hostSends(frame(50));
    rig.turn();
    rig.activate();
    rig.give([1536]);
    const stale = rig.driver(0).collectUsed();
    rig.hostSends(frame(60));
    rig.turn();

    expect(stale).toEqual([]);
    expect(rig.driver(0).collectUsed()).toEqual([{ id: 0, len: 72 }]);
  });

  it('is one of a bounded number in one turn', () => {
    using rig = new NetRig(CONFIG, { descriptors: 256 });
    rig.give(Array.from({ length: 200 }, () => 64));
    for (let count = 0; count < 100; count += 1) {
      rig.hostSends(frame(20));
    }
    rig.turn(1);
    const first = rig.driver(0).collectUsed().length;
    rig.turn();

    expect(first).toBe(64);
    expect(rig.driver(0).collectUsed()).toHaveLength(36);
  });

  it('that meets a broken queue has the host see it', () => {
    using rig = new NetRig(CONFIG);
    rig.driver(0).publish(1000);
    rig.hostSends(frame(20));
    rig.kick(0);

    expect(rig.queues[0]?.broken).toContain('descriptor 1000');
    expect(rig.driver(0).usedIndex).toBe(0);
  });

  it('ends the link when the interface is gone', () => {
    using rig = new NetRig(CONFIG);
    rig.give([64]);
    rig.tap.ends[0]?.[1].close();
    rig.turn();
    rig.kick(0);
    rig.kick(0);

    expect(rig.messages).toEqual([expect.stringMatching(/^the link is down: read: .*ENODEV/)]);
    // The status is behind the MAC address.
    expect(rig.configChanges).toEqual([[6, 0, 0]]);
  });
});

/** The frames in used buffers: those of one frame follow each other. */
function framesIn(rig: NetRig, given: readonly RxBuffer[], used: readonly UsedEntry[]): Buffer[] {
  const parts = used
    .filter(({ len }) => len > 0)
    .map(({ id, len }) => rig.read(given[id] ?? { at: 0, length: 0 }, len));
  const frames: Buffer[] = [];
  while (parts.length > 0) {
    const chains = Math.max(buffersOf(parts[0] ?? Buffer.alloc(12)), 1);
    frames.push(Buffer.concat(parts.splice(0, chains)));
  }
  return frames;
}

describe('frames from the host', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
  const rooms = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 28 });

  it('arrive whole and in order, whatever buffers there are and whenever they come', () => {
    fc.assert(
      fc.property(sizes, rooms, fc.nat(28), (lengths, buffers, early) => {
        using rig = new NetRig(CONFIG);
        const given = rig.give(buffers.slice(0, early));
        lengths.forEach((length, index) => rig.hostSends(frame(length, index + 1)));
        rig.turn();
        given.push(...rig.give(buffers.slice(early)));

        const used = rig.driver(0).collectUsed();
        const whole = framesIn(rig, given, used);
        const seen = whole.map((bytes) => ({
          length: bytes.length - 12,
          bytes: [...new Set(bytes.subarray(12))],
        }));

        const expected = lengths.slice(0, seen.length);
        expect(seen.map(({ length }) => length)).toEqual(expected);
        expect(seen.map(({ bytes }) => bytes)).toEqual(expected.map((_, i) => [i + 1]));
        // What is not there did not fit into what is left.
        const left = given.filter((_, id) => !used.some((entry) => entry.id === id));
        const room = left.reduce((sum, { length }) => sum + length, 0);
        expect(room).toBeLessThan((lengths[seen.length] ?? Infinity) + 12);
      }),
      { numRuns: 150 },
    );
  });
});

describe('memory of the guest', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.nat(2000).map((length) => ({ kind: 'frame' as const, length })) },
    {
      weight: 4,
      arbitrary: fc
        .array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 })
        .map((rooms) => ({ kind: 'give' as const, rooms })),
    },
    fc.constant({ kind: 'reset' as const }),
    fc.constant({ kind: 'reset the queue' as const }),
  );

  it('is written where the driver gave buffers, as long as it did not take them back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        using rig = new NetRig(CONFIG);
        let given: RxBuffer[] = [];
        /** What was there when the driver took its buffers back. */
        const kept: { buffer: RxBuffer; bytes: Buffer }[] = [];
        const takeBack = (): void => {
          kept.push(...given.map((buffer) => ({ buffer, bytes: rig.read(buffer, buffer.length) })));
          given = [];
        };
        const acts = {
          frame: ({ length = 0 }) => rig.hostSends(frame(length, 0x5a)),
          give: ({ rooms = [] as number[] }) => given.push(...rig.give(rooms)),
          reset: () => {
            rig.reset();
            takeBack();
            rig.activate();
          },
          'reset the queue': () => {
            rig.resetQueue(0);
            takeBack();
          },
        };
        for (const each of steps) {
          acts[each.kind](each as { length?: number; rooms?: number[] });
          rig.turn(3);
        }
        rig.hostSends(frame(1500, 0x5a));
        rig.turn();

        expect(kept.map(({ buffer }) => rig.read(buffer, buffer.length))).toEqual(
          kept.map(({ bytes }) => bytes),
        );
        // Between buffers are 16 bytes of nobody's.
        const gaps = rig.allBuffers.map(({ at, length }) =>
          Buffer.from(rig.memory.read(at + length, 16)).toString('hex'),
        );
        expect(new Set(gaps).size).toBeLessThanOrEqual(1);
        expect(gaps[0] ?? '').toMatch(/^(00)*$/);
      }),
      { numRuns: 60 },
    );
  });
});

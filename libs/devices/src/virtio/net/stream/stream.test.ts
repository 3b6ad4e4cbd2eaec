import { VIRTIO_NET_F_CSUM, VIRTIO_NET_F_MRG_RXBUF } from '@crosvm/virtio-sys';
import fc from 'fast-check';

import { NetRig } from '../../../testing/net-rig';
import { featureMask, hasFeature, QUEUE_FEATURES } from '../../features';
import { netFeatures } from '../config-space';
import type { NetConfig } from '../net-config';

const CONFIG: NetConfig = {
  mac: [2, 0, 0, 0, 0, 1],
  pairs: 1,
  offload: 0,
  openChecksums: false,
};
const ONE_BUFFER = (netFeatures(CONFIG) | QUEUE_FEATURES) & ~featureMask(VIRTIO_NET_F_MRG_RXBUF);

const rigOf = (options: object = {}): NetRig => new NetRig(CONFIG, { link: 'stream', ...options });

/** Bytes of a frame, with its length in front, as the stream has it. */
function streamed(length: number, fill = 7): Buffer {
  const bytes = Buffer.alloc(4 + length, fill);
  bytes.writeUInt32BE(length);
  return bytes;
}

/** What the guest sends: a header, and the frame. */
const sent = (length: number, fill = 7): Buffer =>
  Buffer.concat([Buffer.alloc(12), Buffer.alloc(length, fill)]);

const lengths = (rig: NetRig): number[] =>
  rig
    .driver(0)
    .collectUsed()
    .map(({ len }) => len);

const received = (rig: NetRig): Buffer => Buffer.concat(rig.hostReceived());

/** Fills the stream until it takes no more; what it took. */
function fillUp(rig: NetRig): number {
  let frames = 0;
  for (let used = 1; used > 0; frames += used) {
    rig.send(sent(60_000));
    used = rig.driver(1).collectUsed().length;
  }
  return frames;
}

describe('a card over a stream', () => {
  it('leaves no checksum open', () => {
    expect(hasFeature(netFeatures(CONFIG), VIRTIO_NET_F_CSUM)).toBe(false);
  });

  it('has one pair of queues, and no offloads', () => {
    using rig = rigOf();

    expect(rig.net.setPairs(2)).toBe(false);
    expect(rig.net.setPairs(1)).toBe(true);
    expect(rig.net.setGuestOffloads(0n)).toBe(true);
  });

  it('counts the bytes of frames in both directions, and those that are none', () => {
    using rig = rigOf();
    rig.give([1536, 1536]);
    rig.hostSends(streamed(100));
    rig.hostSends(streamed(60));
    rig.turn();
    rig.send(sent(300));
    rig.send(sent(5));

    expect(rig.counters.read()).toMatchObject({
      toGuestBytes: 160,
      fromGuestBytes: 300,
      errors: 1,
    });
  });
});

describe('a frame of the stream', () => {
  it('goes to the next buffer, with a header', () => {
    using rig = rigOf();
    const [first] = rig.give([1536, 1536]);
    rig.hostSends(streamed(100, 0x55));
    rig.turn();

    expect(lengths(rig)).toEqual([112]);
    expect(rig.read(first!, 113).toString('hex')).toBe(
      `${'00'.repeat(10)}0100${'55'.repeat(100)}ee`,
    );
    expect(rig.interrupts).toEqual([1, 0, 0]);
  });

  it('goes to as many buffers as it needs, and no byte to those of the next', () => {
    using rig = rigOf();
    const buffers = rig.give([100, 200, 300, 400]);
    rig.hostSends(streamed(500, 0x66));
    rig.hostSends(streamed(20, 0x77));
    rig.turn();

    expect(lengths(rig)).toEqual([100, 200, 212, 32]);
    expect(rig.read(buffers[0]!, 13).readUInt16LE(10)).toBe(3);
    expect(rig.read(buffers[2]!, 213).toString('hex')).toBe(`${'66'.repeat(212)}ee`);
    expect(rig.read(buffers[3]!, 33).toString('hex')).toBe(
      `${'00'.repeat(10)}0100${'77'.repeat(20)}ee`,
    );
  });

  it('waits in the stream as long as there are too few buffers', () => {
    using rig = rigOf();
    rig.give([100]);
    rig.hostSends(streamed(500));
    rig.turn();
    const before = lengths(rig);
    rig.give([600]);

    expect(before).toEqual([]);
    expect(lengths(rig)).toEqual([100, 412]);
  });

  it('comes in pieces, also of its length', () => {
    using rig = rigOf();
    const [first] = rig.give([64, 64]);
    for (const byte of [...streamed(20, 0x31), ...streamed(30, 0x32)]) {
      rig.hostSends(Uint8Array.of(byte));
      rig.turn(1);
    }

    expect(lengths(rig)).toEqual([32, 42]);
    expect(rig.read(first!, 32).toString('hex')).toBe(`${'00'.repeat(10)}0100${'31'.repeat(20)}`);
  });

  it('has its header in order even where the driver cut it to bytes', () => {
    using rig = rigOf();
    const at = 0x8_0000;
    const pieces = Array.from({ length: 13 }, (_, index) => ({
      at: at + 2 * index,
      length: index < 12 ? 1 : 100,
      writable: true,
    }));
    rig.memory.fill(at, 30, 0xee);
    rig.driver(0).add(pieces);
    rig.kick(0);
    rig.hostSends(streamed(20, 5));
    rig.turn();

    const header = pieces.slice(0, 12).map(({ at: byte }) => rig.memory.readU8(byte));
    expect(header).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect(lengths(rig)).toEqual([32]);
  });

  it.each([16, 32, 64, 128])('is dropped when a ring of %i has no room for it', (descriptors) => {
    using rig = rigOf({ descriptors });
    rig.give(Array.from({ length: descriptors }, () => 256));
    rig.hostSends(streamed(65_535));
    rig.hostSends(streamed(30));
    rig.turn();
    const used = lengths(rig);

    expect(used).toEqual([...Array.from({ length: descriptors / 2 }, () => 0), 42]);
    expect(rig.messages).toEqual(['the guest gave too few buffers for a frame']);
  });

  it('goes to one buffer if the driver wants no more', () => {
    using rig = rigOf({ features: ONE_BUFFER });
    rig.give([200, 200]);
    rig.hostSends(streamed(300));
    rig.hostSends(streamed(20, 9));
    rig.turn();

    expect(lengths(rig)).toEqual([0, 32]);
    expect(rig.messages).toEqual(['the guest gave too few buffers for a frame']);
  });

  it('never goes to buffers without room for a header', () => {
    using rig = rigOf();
    rig.give([11, 1, 64]);
    rig.hostSends(streamed(20));
    rig.turn();

    expect(lengths(rig)).toEqual([0, 0, 32]);
    expect(rig.messages).toEqual(['the guest gave a buffer without room for a header']);
  });

  it('is one of a bounded number in one turn', () => {
    using rig = rigOf({ descriptors: 256 });
    rig.give(Array.from({ length: 200 }, () => 64));
    rig.hostSends(Buffer.concat(Array.from({ length: 100 }, () => streamed(20))));
    rig.turn(1);
    const first = lengths(rig).length;
    rig.turn();

    // The first length was read alone.
    expect(first).toBe(63);
    expect(lengths(rig)).toHaveLength(37);
  });

  it('is kept for the next driver, unless some of it went to the last', () => {
    using rig = rigOf();
    rig.give([100]);
    rig.hostSends(streamed(500, 0x11));
    rig.turn();
    rig.reset();
    rig.activate();
    rig.give([600]);
    const kept = lengths(rig);
    const [taken] = rig.give([600]);
    rig.hostSends(streamed(500, 0x22).subarray(0, 300));
    rig.turn();
    rig.reset();
    rig.memory.fill(taken!.at, 600, 0xdd);
    rig.activate();
    rig.give([600]);
    rig.hostSends(streamed(500, 0x22).subarray(300));
    rig.hostSends(streamed(40, 0x33));
    rig.turn();

    expect(kept).toEqual([512]);
    expect(lengths(rig)).toEqual([52]);
    expect(new Set(rig.read(taken!, 600))).toEqual(new Set([0xdd]));
  });

  it.each([0, 13, 65_536, 0xffff_ffff])('of %i bytes is none, and ends the link', (length) => {
    using rig = rigOf();
    rig.give([64]);
    const head = Buffer.alloc(64);
    head.writeUInt32BE(length);
    rig.hostSends(head);
    rig.turn();
    rig.kick(0);

    expect(lengths(rig)).toEqual([]);
    expect(rig.messages).toEqual([
      `the link is down: there is a frame of ${length} bytes in the stream`,
    ]);
    expect(rig.configChanges).toEqual([[6, 0, 0]]);
  });

  it('comes no more when the other end is gone', () => {
    using rig = rigOf();
    rig.give([64]);
    rig.tap.ends[0]?.[1].close();
    rig.turn();
    rig.send(sent(60));
    rig.send(sent(60));

    expect(rig.driver(1).collectUsed()).toHaveLength(2);
    expect(rig.messages).toEqual([
      'the link is down: the other end is gone',
      expect.stringMatching(/^a frame of the guest was dropped \(1 so far\): write: .*EPIPE/),
      expect.stringMatching(/^a frame of the guest was dropped \(2 so far\): write: .*EPIPE/),
    ]);
  });

  it('arrives whole and in order, however the stream and the buffers are cut', () => {
    const sizes = fc.array(fc.integer({ min: 14, max: 3000 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.nat(9000), { maxLength: 8 });
    const rooms = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 28 });
    fc.assert(
      fc.property(sizes, cuts, rooms, fc.nat(28), (frames, marks, buffers, early) => {
        using rig = rigOf({ descriptors: 256 });
        const bytes = Buffer.concat(frames.map((length, index) => streamed(length, index + 1)));
        const ends = [...marks.filter((mark) => mark < bytes.length), bytes.length].sort(
          (a, b) => a - b,
        );
        const given = rig.give(buffers.slice(0, early));
        ends.forEach((end, index) => {
          rig.hostSends(bytes.subarray(ends[index - 1] ?? 0, end));
          rig.turn(4);
        });
        given.push(...rig.give(buffers.slice(early)));

        const parts = rig
          .driver(0)
          .collectUsed()
          .filter(({ len }) => len > 0)
          .map(({ id, len }) => rig.read(given[id] ?? { at: 0, length: 0 }, len));
        const seen: Buffer[] = [];
        while (parts.length > 0) {
          seen.push(Buffer.concat(parts.splice(0, parts[0]?.readUInt16LE(10))));
        }
        const expected = frames.slice(0, seen.length);
        expect(seen.map((each) => each.length - 12)).toEqual(expected);
        expect(seen.map((each) => [...new Set(each.subarray(12))])).toEqual(
          expected.map((_, index) => [index + 1]),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('a frame of the guest', () => {
  it('is in the stream with its length, and without its header', () => {
    using rig = rigOf();
    rig.send(sent(60, 0x41), [5, 12, 30]);

    expect(received(rig)).toEqual(streamed(60, 0x41));
    expect(rig.driver(1).collectUsed()).toEqual([{ id: 0, len: 0 }]);
  });

  it('is written together with others', () => {
    using rig = rigOf();
    const driver = rig.driver(1);
    const chains = [100, 1514, 60].map((length, index) => [
      { at: driver.place(sent(length, index)), length: 12 + length },
    ]);
    driver.add(...chains);
    rig.kick(1);

    expect(rig.hostReceived()).toEqual([
      Buffer.concat([streamed(100, 0), streamed(1514, 1), streamed(60, 2)]),
    ]);
    expect(driver.collectUsed().map(({ id }) => id)).toEqual([0, 1, 2]);
  });

  it.each([
    ['without a frame', 12],
    ['without half a header', 6],
    ['of 13 bytes', 25],
    ['of 65536 bytes', 12 + 65_536],
  ])('%s is none', (_, length) => {
    using rig = rigOf();
    rig.send(Buffer.alloc(length));
    rig.send(sent(65_535));

    expect(rig.messages).toEqual(['the guest sent a frame that is none']);
    expect(received(rig)).toHaveLength(4 + 65_535);
    expect(rig.driver(1).collectUsed()).toHaveLength(2);
  });

  it('waits with its buffers while the stream is full, and is not lost', () => {
    using rig = rigOf({ descriptors: 256 });
    const taken = fillUp(rig);
    const bytes = received(rig);
    rig.turn();
    const rest = received(rig);

    expect(taken).toBeGreaterThan(1);
    expect(rig.driver(1).collectUsed()).toHaveLength(1);
    expect(bytes.length + rest.length).toBe((taken + 1) * 60_004);
    expect(Buffer.concat([bytes, rest]).readUInt32BE(taken * 60_004)).toBe(60_000);
  });

  it('that a reset cuts is completed, without the buffers of the driver', () => {
    using rig = rigOf({ descriptors: 256 });
    const taken = fillUp(rig);
    const last = rig.lastSent;
    rig.reset();
    rig.memory.fill(last.at, last.length, 0xdd);
    rig.activate();
    rig.send(sent(60, 0x44));
    const first = received(rig);
    rig.turn();
    const bytes = Buffer.concat([first, received(rig)]);

    // Whether the last one had begun is the kernel's choice.
    const whole = bytes.subarray(0, bytes.length - 64);
    expect(whole.length % 60_004).toBe(0);
    expect(whole.length / 60_004).toBeGreaterThanOrEqual(taken);
    expect(whole.includes(0xdd)).toBe(false);
    expect(bytes.subarray(-64)).toEqual(streamed(60, 0x44));
  });

  it('comes out as it went in, whatever it was and however it was cut', () => {
    const frame = fc.record({
      length: fc.oneof(fc.nat(200), fc.nat(70_000)),
      cuts: fc.array(fc.nat(70_000), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        using rig = rigOf({ descriptors: 256 });
        let seen = Buffer.alloc(0);
        const expected: Buffer[] = [];
        frames.forEach(({ length, cuts }, index) => {
          const ends = [...new Set(cuts.filter((cut) => cut > 0 && cut < length))];
          rig.send(
            Buffer.alloc(length, index),
            ends.sort((a, b) => a - b),
          );
          const size = length - 12;
          expected.push(size >= 14 && size <= 65_535 ? streamed(size, index) : Buffer.alloc(0));
          seen = Buffer.concat([seen, received(rig)]);
        });
        rig.turn();
        seen = Buffer.concat([seen, received(rig)]);

        expect(seen.equals(Buffer.concat(expected))).toBe(true);
        expect(rig.driver(1).collectUsed()).toHaveLength(frames.length);
      }),
      { numRuns: 60 },
    );
  });
});

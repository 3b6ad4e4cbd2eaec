import fc from 'fast-check';

import { NetRig } from '../../testing/net-rig';
import { QUEUE_FEATURES } from '../features';
import type { NetConfig } from './net-config';

const CONFIG: NetConfig = { mac: [2, 0, 0, 0, 0, 1], pairs: 4, offload: 0x7f };
const CONTROL = 8;

const OK = 0;
const ERR = 1;
/** Not an answer. */
const NONE = 0xee;

/** Sends a command; the answer. */
function command(rig: NetRig, bytes: readonly number[] | Uint8Array, queue = CONTROL): number {
  const driver = rig.driver(queue);
  const at = driver.place(Uint8Array.from(bytes));
  const answer = driver.place(Uint8Array.of(NONE));
  driver.add([
    { at, length: bytes.length },
    { at: answer, length: 1, writable: true },
  ]);
  rig.kick(queue);
  expect(driver.collectUsed()).toHaveLength(1);
  return rig.memory.readU8(answer);
}

describe('a command', () => {
  it.each([
    ['promiscuous on', [0, 0, 1], OK],
    ['all multicasts off', [0, 1, 0], OK],
    ['no unicasts, which was not negotiated', [0, 3, 1], ERR],
    ['promiscuous without a value', [0, 0], ERR],
    ['promiscuous with two values', [0, 0, 1, 1], ERR],
    ['empty tables', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], OK],
    ['one address', [1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0], OK],
    ['a table that is cut', [1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1], ERR],
    ['a table of 2^32-1 addresses', [1, 0, 255, 255, 255, 255, 0, 0, 0, 0], ERR],
    ['two tables and more', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ERR],
    ['one table', [1, 0, 0, 0, 0, 0], ERR],
    ['another MAC address', [1, 1, 2, 0, 0, 0, 0, 9], OK],
    ['a multicast address', [1, 1, 1, 0, 0, 0, 0, 9], ERR],
    ['half a MAC address', [1, 1, 2, 0, 0], ERR],
    ['nothing about MAC addresses', [1, 2, 0], ERR],
    ['VLAN 5', [2, 0, 5, 0], OK],
    ['VLAN 4095 no more', [2, 1, 255, 15], OK],
    ['VLAN 4096', [2, 0, 0, 16], ERR],
    ['VLAN 5, what with it', [2, 2, 5, 0], ERR],
    ['half a VLAN', [2, 0, 5], ERR],
    ['announced', [3, 0], OK],
    ['announced, or what', [3, 1], ERR],
    ['one pair', [4, 0, 1, 0], OK],
    ['all pairs', [4, 0, 4, 0], OK],
    ['no pair', [4, 0, 0, 0], ERR],
    ['too many pairs', [4, 0, 5, 0], ERR],
    ['65535 pairs', [4, 0, 255, 255], ERR],
    ['half a number of pairs', [4, 0, 1], ERR],
    ['hashes', [4, 1, 0, 0], ERR],
    ['no offloads', [5, 0, 0, 0, 0, 0, 0, 0, 0, 0], OK],
    ['checksums', [5, 0, 2, 0, 0, 0, 0, 0, 0, 0], OK],
    ['offloads that are none', [5, 0, 1, 0, 0, 0, 0, 0, 0, 0], ERR],
    ['half a mask of offloads', [5, 0, 2, 0, 0, 0], ERR],
    ['a class that there is not', [6, 0, 0], ERR],
    ['half a header', [0], ERR],
    ['nothing', [], ERR],
  ])('%s', (_, bytes, answer) => {
    using rig = new NetRig(CONFIG);

    expect(command(rig, bytes)).toBe(answer);
    expect(rig.messages).toHaveLength(answer);
  });

  it('is not known if it was not negotiated', () => {
    using rig = new NetRig(CONFIG, { features: QUEUE_FEATURES });
    const commands = [
      [0, 0, 1],
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [1, 1, 2, 0, 0, 0, 0, 9],
      [2, 0, 5, 0],
      [3, 0],
      [4, 0, 1, 0],
      [5, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];

    // A driver that does not know of several pairs has the control queue behind the first.
    expect(commands.map((bytes) => command(rig, bytes, 2))).toEqual(commands.map(() => ERR));
  });

  it('without room for an answer comes back without one', () => {
    using rig = new NetRig(CONFIG);
    const driver = rig.driver(CONTROL);
    const at = driver.place(Uint8Array.of(4, 0, 2, 0));
    driver.add([{ at, length: 4 }]);

    rig.kick(CONTROL);

    expect(driver.collectUsed()).toEqual([{ id: 0, len: 0 }]);
  });

  it('is answered whatever it is, and throws nothing', () => {
    using rig = new NetRig(CONFIG);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.nat(6), fc.nat(3), fc.uint8Array({ maxLength: 12 }))
        .map(([kind, what, rest]) => Uint8Array.of(kind, what, ...rest)),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        rig.driver(CONTROL).clear();
        rig.reset();
        rig.activate();
        expect(command(rig, text)).toBeLessThanOrEqual(ERR);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what a command does', () => {
  it('tells the interface how many queues and which offloads', () => {
    using rig = new NetRig(CONFIG);
    command(rig, [4, 0, 3, 0]);
    command(rig, [5, 0, 0x82, 0, 0, 0, 0, 0, 0, 0]);

    expect(rig.tap.told).toEqual(['offload 0x7f', '1 queues', '3 queues', 'offload 0x3']);
  });

  it('changes the interface only so often', () => {
    using rig = new NetRig(CONFIG);
    const pairs = Array.from({ length: 300 }, (_, index) => 1 + (index % 4));
    const answers = pairs.map((count) => command(rig, [4, 0, count, 0]));
    const mac = command(rig, [1, 1, 2, 0, 0, 0, 0, 9]);

    expect(answers).toEqual(expect.arrayContaining([OK, ERR]));
    expect(rig.tap.told.length).toBeLessThan(300);
    expect(mac).toBe(OK);
  });

  it('is refused by an interface that cannot', () => {
    using rig = new NetRig(CONFIG);
    rig.tap.willing = false;

    expect(command(rig, [4, 0, 3, 0])).toBe(ERR);
    expect(command(rig, [5, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toBe(ERR);
  });

  it('changes the MAC address until the reset', () => {
    using rig = new NetRig(CONFIG);
    command(rig, [1, 1, 2, 0, 0, 0, 0, 9]);
    rig.net.reset();

    expect(rig.configChanges).toEqual([
      [0, 2, 0, 0, 0, 0, 9],
      [0, 2, 0, 0, 0, 0, 1],
    ]);
  });

  it('brings more pairs into use, and takes them out of it', () => {
    using rig = new NetRig(CONFIG);
    const frame = Buffer.alloc(40);
    rig.give([64, 64], 2);
    rig.send(frame, [], 3);
    rig.hostSends(frame, 1);
    rig.turn();
    const before = [rig.driver(2).collectUsed(), rig.hostReceived(1)];
    command(rig, [4, 0, 2, 0]);
    rig.turn();
    const during = [rig.driver(2).collectUsed(), rig.hostReceived(1)];
    command(rig, [4, 0, 1, 0]);
    rig.hostSends(frame, 1);
    rig.turn();

    expect(before).toEqual([[], []]);
    expect(during).toEqual([[{ id: 0, len: 40 }], [frame]]);
    expect(rig.driver(2).collectUsed()).toEqual([]);
  });
});

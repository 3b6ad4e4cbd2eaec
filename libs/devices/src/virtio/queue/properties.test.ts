import type { GuestMemory } from '@crosvm/sys-util';
import fc from 'fast-check';

import type { MockDriver, RawDescriptor } from '../testing/mock-driver';
import {
  HIGH_BYTES,
  HIGH_MEMORY,
  hostRanges,
  outsideOf,
  testMemory,
  testQueue,
} from '../testing/test-queue';
import type { VirtQueue } from './virt-queue';

const SIZE = 8;
const TABLE = 0x8000;
const TABLE_ENTRIES = 12;
const MEMORY_END = HIGH_MEMORY + HIGH_BYTES;
const memory: GuestMemory = testMemory();

const addresses = fc.oneof(
  fc.constantFrom(0, TABLE, TABLE + 16, HIGH_MEMORY, HIGH_MEMORY + 16 * 1024 ** 2 - 8),
  fc.integer({ min: 0, max: 0x2_0000 }),
  fc.integer({ min: 1024 ** 2 - 40, max: 1024 ** 2 }),
  fc.integer({ min: MEMORY_END - 40, max: MEMORY_END + 8 }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 2n ** 64n - 64n, max: 2n ** 64n - 1n }),
);
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 64 }),
  fc.integer({ min: 0, max: TABLE_ENTRIES }).map((entries) => entries * 16),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0xffff_ffff, 0x8000_0000, HIGH_BYTES),
);
const flags = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 6),
  fc.integer({ min: 0, max: 7 }),
  fc.integer({ min: 0, max: 0xffff }),
);
const descriptors: fc.Arbitrary<RawDescriptor> = fc.record({
  addr: addresses,
  len: lengths,
  flags,
  next: fc.oneof(fc.nat(SIZE - 1), fc.nat(TABLE_ENTRIES), fc.nat(0xffff)),
});
const heads = fc.oneof({ weight: 9, arbitrary: fc.nat(SIZE - 1) }, fc.nat(0xffff));

/** What a guest does between two looks of the device. */
type Move =
  | { readonly kind: 'descriptor'; readonly index: number; readonly descriptor: RawDescriptor }
  | { readonly kind: 'entry'; readonly index: number; readonly descriptor: RawDescriptor }
  | { readonly kind: 'publish'; readonly heads: readonly number[] }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'serve' };

const moves: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('descriptor'), index: fc.nat(SIZE - 1), descriptor: descriptors }),
  fc.record({
    kind: fc.constant('entry'),
    index: fc.nat(TABLE_ENTRIES - 1),
    descriptor: descriptors,
  }),
  fc.record({ kind: fc.constant('publish'), heads: fc.array(heads, { maxLength: 3 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('serve') }) },
  fc.record({ kind: fc.constant('index'), index: fc.nat(0xffff) }),
);

/** Takes what there is and gives it back, with what must hold whatever the guest did. */
class Device {
  readonly popped: number[] = [];
  readonly outside: unknown[] = [];
  longestTurn = 0;

  constructor(readonly queue: VirtQueue) {}

  serve(): void {
    let turn = 0;
    for (let chain = this.queue.pop(); chain !== undefined; chain = this.queue.pop()) {
      turn += 1;
      this.popped.push(chain.head);
      const ranges = [...hostRanges(chain.readable), ...hostRanges(chain.writable)];
      this.outside.push(...outsideOf(memory, ranges));
      this.queue.addUsed(chain.head, chain.writable.total);
    }
    this.longestTurn = Math.max(this.longestTurn, turn);
  }
}

function play(driver: MockDriver, device: Device, move: Move): void {
  switch (move.kind) {
    case 'descriptor':
      driver.writeDescriptor(move.index, move.descriptor);
      break;
    case 'entry':
      driver.writeDescriptor(move.index, move.descriptor, TABLE);
      break;
    case 'publish':
      driver.publish(...move.heads);
      break;
    case 'index':
      driver.availIndex = move.index;
      break;
    case 'serve':
      device.serve();
  }
}

describe('whatever a driver does', () => {
  it('stays inside of guest memory, ends, throws nothing and loses no head', () => {
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 40 }), (game) => {
        const { driver, queue } = testQueue({ memory, size: SIZE });
        memory.fill(TABLE, TABLE_ENTRIES * 16, 0);
        const device = new Device(queue);

        game.forEach((move) => play(driver, device, move));
        device.serve();

        expect(device.outside).toEqual([]);
        expect(device.longestTurn).toBeLessThanOrEqual(SIZE);
        // Every head that was taken came back, and either all that is available was taken, or the
        // queue asks for a reset.
        expect(driver.usedIndex).toBe(device.popped.length & 0xffff);
        const leftOver = queue.position.avail !== driver.availIndex;
        expect(leftOver && queue.broken === undefined).toBe(false);
        const used = driver.collectUsed().slice(-SIZE);
        expect(used.map(({ id }) => id)).toEqual(device.popped.slice(-used.length || Infinity));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives exactly the buffers of a chain that is sound', () => {
    const buffers = fc.array(
      fc.record({ at: fc.nat(0xf_0000), length: fc.integer({ min: 1, max: 0xffff }) }),
      { minLength: 1, maxLength: SIZE },
    );
    fc.assert(
      fc.property(buffers, fc.nat(SIZE), fc.boolean(), (list, readable, indirect) => {
        const { driver, queue } = testQueue({ memory, size: SIZE });
        const chain = list.map((buffer, index) => ({ ...buffer, writable: index >= readable }));
        const add = indirect ? driver.addIndirect.bind(driver) : driver.add.bind(driver);
        add(chain);

        const popped = queue.pop()!;

        const expected = chain.map(({ at, length }) => ({
          address: memory.hostAddress(at, length),
          length,
        }));
        expect(hostRanges(popped.readable)).toEqual(expected.slice(0, readable));
        expect(hostRanges(popped.writable)).toEqual(expected.slice(readable));
      }),
    );
  });
});

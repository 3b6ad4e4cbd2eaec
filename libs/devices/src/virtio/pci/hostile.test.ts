import fc from 'fast-check';

import type { AccessWidth } from '../../bus/bus-device';
import type { MmioAccess } from '../../bus/mmio-bus';
import { virtioConfig, VirtioRig } from '../../testing/virtio-rig';
import { virtioPciRequest } from './config';

/* What a driver can do to a virtio device with loads and stores: HOSTILE rows 1, 5, 13 and 16. */

const FEATURES_OK = 8;
const DRIVER_OK = 4;
const READY = 0xf;

const view = new DataView(new ArrayBuffer(8));

function mmioAccess(at: number, length: number): MmioAccess {
  return {
    mmioAddressLow: at | 0,
    mmioAddressHigh: Math.floor(at / 2 ** 32) | 0,
    mmioLength: length,
    mmioDataOffset: 0,
  };
}

/** One thing that a driver does. */
type Action =
  | { readonly kind: 'register'; readonly at: number; readonly value: number }
  | { readonly kind: 'status'; readonly value: number }
  | { readonly kind: 'any'; readonly at: number; readonly length: number; readonly value: bigint }
  | {
      readonly kind: 'config';
      readonly at: number;
      readonly width: AccessWidth;
      readonly value: number;
    }
  | { readonly kind: 'signal'; readonly queue: number }
  | { readonly kind: 'start' | 'negotiate' }
  | { readonly kind: 'enable'; readonly queue: number };

const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 0xff, 0xffff, 0x8000_0000, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const commonField = fc.constantFrom(0, 8, 12, 16, 22, 24, 26, 28, 32, 36, 40, 44, 48, 52, 58);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), at: commonField, value: word }),
  fc.record({
    kind: fc.constant('status' as const),
    value: fc.constantFrom(0, 1, 3, 0xb, 0xf, 0x8f, 0x4f, 2, 4, 8),
  }),
  fc.record({
    kind: fc.constant('any' as const),
    at: fc.oneof(fc.integer({ min: -9, max: 0x1_0008 }), fc.integer({ min: 0, max: 70 })),
    length: fc.integer({ min: 1, max: 8 }),
    value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  }),
  fc.record({
    kind: fc.constant('config' as const),
    at: fc.oneof(fc.constantFrom(4, 0x10, 0x14, 0x40), fc.integer({ min: 0, max: 255 })),
    width: fc.constantFrom<AccessWidth[]>(1, 2, 4),
    value: word,
  }),
  fc.record({ kind: fc.constant('signal' as const), queue: fc.integer({ min: 0, max: 2 }) }),
  fc.constantFrom({ kind: 'start' as const }, { kind: 'negotiate' as const }),
  fc.record({ kind: fc.constant('enable' as const), queue: fc.integer({ min: 0, max: 2 }) }),
);

/** Registers of the common structure that have two bytes; the others here have four. */
const SHORT = new Set([16, 22, 24, 26, 28, 58]);

function perform(rig: VirtioRig, step: Action): void {
  switch (step.kind) {
    case 'register':
      rig.write(
        step.at,
        SHORT.has(step.at) ? 2 : 4,
        step.value % (SHORT.has(step.at) ? 0x1_0000 : 2 ** 32),
      );
      break;
    case 'status':
      rig.status = step.value;
      break;
    case 'any': {
      const access = mmioAccess(rig.base + step.at, step.length);
      view.setBigUint64(0, step.value, true);
      rig.cpu.mmio.write(access, view);
      rig.cpu.mmio.read(access, view);
      break;
    }
    case 'config':
      rig.cpu.writeConfig(1, step.at, step.value % 2 ** (8 * step.width), step.width);
      rig.cpu.readConfig(1, step.at, step.width);
      break;
    case 'signal':
      rig.signal(step.queue);
      break;
    case 'start':
      rig.start();
      break;
    case 'negotiate':
      rig.negotiate();
      break;
    case 'enable':
      rig.enableQueue(step.queue);
  }
}

/** The device's registers, seen by a driver that can always see them. */
class Observer {
  constructor(private readonly rig: VirtioRig) {}

  /** Features and rings, if they are frozen. */
  frozen(): { features: string | undefined; queues: (string | undefined)[]; status: number } {
    return this.#visible(() => {
      const { rig } = this;
      const status = rig.status;
      const select = rig.read(22, 2);
      const queues = [0, 1].map((queue) => {
        rig.select(queue);
        const fields = [24, 32, 36, 40, 44, 48, 52].map((at) => rig.read(at, at === 24 ? 2 : 4));
        return rig.read(28, 2) === 1 ? fields.join() : undefined;
      });
      rig.select(select);
      return { features: this.#features(status), queues, status };
    });
  }

  #features(status: number): string | undefined {
    const { rig } = this;
    const select = rig.read(8, 4);
    const words = [0, 1].map((each) => {
      rig.write(8, 4, each);
      return rig.read(12, 4);
    });
    rig.write(8, 4, select);
    return (status & FEATURES_OK) === 0 ? undefined : words.join();
  }

  /** Makes the BAR be where the rig looks for it while `look` runs. */
  #visible<Result>(look: () => Result): Result {
    const { cpu, base } = this.rig;
    const command = cpu.readConfig(1, 4, 2);
    const [low, high] = [cpu.readConfig(1, 0x10), cpu.readConfig(1, 0x14)];
    cpu.moveBar(1, base);
    cpu.writeConfig(1, 4, command | 2, 2);
    const result = look();
    cpu.writeConfig(1, 0x10, low);
    cpu.writeConfig(1, 0x14, high);
    cpu.writeConfig(1, 4, command, 2);
    return result;
  }
}

describe('a virtio device under any driver', () => {
  it('never throws, and what is frozen stays until a reset', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (steps) => {
        const rig = new VirtioRig(virtioConfig(1), [virtioPciRequest(virtioConfig(2))]);
        const observer = new Observer(rig);
        let before = observer.frozen();
        for (const step of steps) {
          perform(rig, step);
          const after = observer.frozen();
          const wasReset = (before.status & ~after.status) !== 0;
          const kept = (old: string | undefined, now: string | undefined): boolean =>
            wasReset || old === undefined || old === now;
          expect(kept(before.features, after.features)).toBe(true);
          expect(after.queues.every((now, queue) => kept(before.queues[queue], now))).toBe(true);
          expect([0, 1, 3, 0xb, 0xf]).toContain(after.status & 0xf);
          expect(rig.backEnd.running && (after.status & DRIVER_OK) === 0).toBe(false);
          before = after;
        }
      }),
      { numRuns: 150 },
    );
  });

  it('works after a reset, whatever was done to it', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (steps) => {
        const rig = new VirtioRig();
        steps.forEach((step) => perform(rig, step));
        rig.cpu.moveBar(1, rig.base);
        rig.command(6);
        rig.msixControl(0x8000);
        rig.status = 0;
        expect(rig.status).toBe(0);
        expect([rig.host.pci.notifies.size, rig.host.pci.connections.size]).toEqual([0, 0]);
        rig.start();
        rig.select(0);
        rig.write(26, 2, 0);
        rig.writeVector(0, 0x1234);
        rig.signal(0);
        expect(rig.status).toBe(READY);
        expect(rig.backEnd.running).toBe(true);
        expect(rig.host.pci.sent.at(-1)).toBe(0x1234);
        expect([...rig.host.pci.notifies.keys()]).toEqual([rig.base + 0x3000, rig.base + 0x3004]);
      }),
      { numRuns: 150 },
    );
  });

  it('leaves its neighbours alone', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (steps) => {
        const rig = new VirtioRig(virtioConfig(1), [virtioPciRequest(virtioConfig(2))]);
        const neighbour = (): number[] =>
          Array.from({ length: 64 }, (_, index) => rig.cpu.readConfig(2, 4 * index)).concat(
            [0, 16, 20, 24, 32].map((at) => rig.cpu.read(rig.cpu.bar(2) + at)),
          );
        rig.cpu.writeConfig(2, 4, 2, 2);
        // Its own BAR stays put, or it would take the neighbour's place, which begins behind it.
        const own = steps.filter(
          (step) =>
            (step.kind !== 'config' || step.at < 0x10 || step.at > 0x17) &&
            (step.kind !== 'any' || step.at + step.length <= 0x1_0000),
        );
        const before = neighbour();
        own.forEach((step) => perform(rig, step));
        expect(neighbour()).toEqual(before);
        expect(rig.host.rung[210] ?? 0).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('answers any access like the bytes that it consists of', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.page.updateConfig(
      0,
      Uint8Array.from({ length: 24 }, (_, index) => index + 1),
    );
    const quiet = fc.oneof(
      fc.integer({ min: -9, max: 80 }),
      fc.integer({ min: 0x1ff8, max: 0x2030 }),
      fc.integer({ min: 0x2ff8, max: 0x4010 }),
      fc.integer({ min: 0x7ff8, max: 0x8040 }),
      fc.integer({ min: 0xfff0, max: 0x1_0008 }),
    );
    const readBytes = (at: number, length: number): number[] => {
      rig.cpu.mmio.read(mmioAccess(rig.base + at, length), view);
      return [...new Uint8Array(view.buffer, 0, length)];
    };
    fc.assert(
      fc.property(quiet, fc.integer({ min: 1, max: 8 }), (at, length) => {
        const single = Array.from({ length }, (_, index) => readBytes(at + index, 1)[0]);
        expect(readBytes(at, length)).toEqual(single);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a write of a part of a register as one of the whole', () => {
    const rig = new VirtioRig();
    rig.negotiate();
    rig.write(0x20, 1, 0x10);
    rig.write(0x21, 1, 0x32);
    rig.write(0x22, 2, 0x7654);
    expect(rig.read(0x20, 4)).toBe(0x7654_3210);
    // queue_size and queue_msix_vector in one word.
    rig.write(0x18, 4, 0x0002_0040);
    expect([rig.read(0x18, 2), rig.read(0x1a, 2)]).toEqual([0x40, 2]);
    // A word over the end of the structure.
    rig.write(0x3c, 4, 0xffff_ffff);
    expect(rig.read(0x3c, 4)).toBe(0);
  });
});

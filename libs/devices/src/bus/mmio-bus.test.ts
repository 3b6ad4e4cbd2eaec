import fc from 'fast-check';

import type { AccessWidth, BusDevice } from './bus-device';
import { type MmioAccess, MmioBus, type MmioRange, type MovingRanges } from './mmio-bus';

/** Answers each byte with the low byte of its offset, and remembers every call. */
class Counter implements BusDevice {
  readonly calls: string[] = [];

  read(offset: number, width: AccessWidth): number {
    this.calls.push(`r${width}@${offset}`);
    let value = 0;
    for (let index = width - 1; index >= 0; index -= 1) {
      value = value * 256 + ((offset + index) & 0xff);
    }
    return value;
  }

  write(offset: number, width: AccessWidth, value: number): void {
    this.calls.push(`w${width}@${offset}=${value.toString(16)}`);
  }
}

const HIGH = 0xfe_dcba_9000;

class Movable implements MovingRanges {
  readonly generation = new Int32Array(1);
  ranges: MmioRange[] = [];
  collected = 0;

  current(): readonly MmioRange[] {
    this.collected += 1;
    return this.ranges;
  }

  move(...ranges: MmioRange[]): void {
    this.ranges = ranges;
    Atomics.add(this.generation, 0, 1);
  }
}

function access(address: number, length: number): MmioAccess {
  return {
    mmioAddressLow: address | 0,
    mmioAddressHigh: Math.floor(address / 2 ** 32) | 0,
    mmioLength: length,
    mmioDataOffset: 0,
  };
}

function readBytes(bus: MmioBus, address: number, length: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  bus.read(access(address, length), view);
  return [...new Uint8Array(view.buffer, 0, length)];
}

describe('MmioBus', () => {
  it('finds devices beyond 32 bits, and again after another one was hit', () => {
    const bus = new MmioBus();
    bus.insert({ base: HIGH, length: 0x1000, device: new Counter() });
    bus.insert({ base: 0xd000_0000, length: 0x100, device: new Counter() });
    expect(readBytes(bus, HIGH + 0x10, 4)).toEqual([0x10, 0x11, 0x12, 0x13]);
    expect(readBytes(bus, 0xd000_0004, 2)).toEqual([4, 5]);
    expect(readBytes(bus, HIGH + 0xfff, 1)).toEqual([0xff]);
  });

  it('splits eight bytes and odd lengths into aligned accesses', () => {
    const bus = new MmioBus();
    const device = new Counter();
    bus.insert({ base: HIGH, length: 0x1000, device });
    readBytes(bus, HIGH + 8, 8);
    readBytes(bus, HIGH + 1, 7);
    expect(device.calls).toEqual(['r4@8', 'r4@12', 'r1@1', 'r2@2', 'r4@4']);
  });

  it('writes in the same pieces', () => {
    const bus = new MmioBus();
    const device = new Counter();
    bus.insert({ base: 0x1000, length: 6, device });
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, 0x8877_6655_f433_2211n, true);
    bus.write(access(0x1000, 8), view);
    expect(device.calls).toEqual(['w4@0=f4332211', 'w2@4=6655']);
  });

  it('answers all ones between, below and above the devices', () => {
    const bus = new MmioBus();
    expect(readBytes(bus, 0, 8)).toEqual(new Array(8).fill(0xff));
    bus.insert({ base: 0x2000, length: 2, device: new Counter() });
    bus.insert({ base: 0x1000, length: 2, device: new Counter() });
    expect(readBytes(bus, 0x1000, 4)).toEqual([0, 1, 0xff, 0xff]);
    expect(readBytes(bus, 0x1fff, 2)).toEqual([0xff, 0]);
    expect(readBytes(bus, 2 ** 52, 3)).toEqual([0xff, 0xff, 0xff]);
  });

  it('refuses ranges that overlap or are none', () => {
    const bus = new MmioBus();
    const device = new Counter();
    bus.insert({ base: 0x1000, length: 0x1000, device });
    expect(() => bus.insert({ base: 0x1fff, length: 1, device })).toThrow('0x1fff overlaps');
    expect(() => bus.insert({ base: 0xfff, length: 2, device })).toThrow('overlaps that at 0x1000');
    expect(() => bus.insert({ base: -1, length: 1, device })).toThrow(RangeError);
    expect(() => bus.insert({ base: 0, length: 0, device })).toThrow(RangeError);
    expect(() => bus.insert({ base: 2 ** 53 - 1, length: 1, device })).toThrow(RangeError);
    expect(() => bus.insert({ base: 0x2000, length: 1, device })).not.toThrow();
  });

  it('goes on above 4 GiB, and serves what lies on both sides of it', () => {
    const bus = new MmioBus();
    bus.insert({ base: 2 ** 32 - 4, length: 4, device: new Counter() });
    bus.insert({ base: 2 ** 32, length: 16, device: new Counter() });
    expect(readBytes(bus, 2 ** 32 - 4, 8)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(readBytes(bus, 2 ** 32 - 3, 5)).toEqual([1, 2, 3, 0, 1]);
    expect(readBytes(bus, 0, 2)).toEqual([0xff, 0xff]);
    const device = new Counter();
    expect(() => bus.insert({ base: 2 ** 33 - 1, length: 2, device })).toThrow('4 GiB');
  });

  it('reads the same bytes whatever the length and the alignment', () => {
    const bus = new MmioBus();
    bus.insert({ base: HIGH, length: 13, device: new Counter() });
    bus.insert({ base: HIGH + 20, length: 4, device: new Counter() });
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 30 }),
        fc.integer({ min: 1, max: 8 }),
        (at, length) => {
          const single = Array.from({ length }, (_, i) => readBytes(bus, HIGH + at + i, 1)[0]);
          expect(readBytes(bus, HIGH + at, length)).toEqual(single);
        },
      ),
    );
  });

  describe('with ranges that move', () => {
    it('finds them where they are, and not where they were, as soon as they have moved', () => {
      const bus = new MmioBus();
      const moving = new Movable();
      const device = new Counter();
      bus.follow(moving);
      expect(readBytes(bus, 0x1000, 1)).toEqual([0xff]);
      moving.move({ base: 0x1000, length: 0x100, device });
      expect(readBytes(bus, 0x1004, 1)).toEqual([4]);
      moving.move({ base: HIGH, length: 0x100, device });
      expect([readBytes(bus, 0x1004, 1), readBytes(bus, HIGH + 4, 1)]).toEqual([[0xff], [4]]);
      moving.move();
      expect(readBytes(bus, HIGH + 4, 1)).toEqual([0xff]);
    });

    it('looks for them only when something has changed', () => {
      const bus = new MmioBus();
      const moving = new Movable();
      bus.follow(moving);
      moving.move({ base: 0x1000, length: 0x100, device: new Counter() });
      readBytes(bus, 0x1000, 8);
      const { collected } = moving;
      readBytes(bus, 0x1000, 8);
      readBytes(bus, 0x5000, 8);
      expect(moving.collected).toBe(collected);
    });

    it('prefers a range that does not move', () => {
      const bus = new MmioBus();
      const moving = new Movable();
      const fixed = new Counter();
      bus.insert({ base: 0x1080, length: 0x10, device: fixed });
      bus.follow(moving);
      moving.move({ base: 0x1000, length: 0x100, device: new Counter() });
      expect(readBytes(bus, 0x1081, 1)).toEqual([1]);
      expect(readBytes(bus, 0x1000, 1)).toEqual([0xff]);
      expect(() => bus.follow(new Movable())).toThrow('one set');
    });
  });
});

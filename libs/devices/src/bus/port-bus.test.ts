import fc from 'fast-check';

import { type AccessWidth, allOnes, type BusDevice } from './bus-device';
import { PORT_COUNT, PortBus } from './port-bus';

/** Answers with its own bytes and keeps what is written; remembers every call. */
class Ram implements BusDevice {
  readonly calls: string[] = [];
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer);
  }

  read(offset: number, width: AccessWidth): number {
    this.calls.push(`r${width}@${offset}`);
    return this.#value(offset, width);
  }

  write(offset: number, width: AccessWidth, value: number): void {
    this.calls.push(`w${width}@${offset}`);
    for (let index = 0; index < width; index += 1) {
      this.bytes[offset + index] = Math.floor(value / 256 ** index);
    }
  }

  #value(offset: number, width: AccessWidth): number {
    let value = 0;
    for (let index = 0; index < width; index += 1) {
      value += this.view.getUint8(offset + index) * 256 ** index;
    }
    return value;
  }
}

const ram = (length: number): Ram => new Ram(Uint8Array.from({ length }, (_, i) => 0x10 + i));

describe('PortBus', () => {
  it('gives a device accesses relative to its base', () => {
    const bus = new PortBus();
    const device = ram(8);
    bus.insert({ base: 0x3f8, length: 8, device });

    expect(bus.load(0x3f8, 1)).toBe(0x10);
    expect(bus.load(0x3fc, 4)).toBe(0x17161514);
    bus.store(0x3fe, 2, 0xbeef);
    expect([...device.bytes.slice(6)]).toEqual([0xef, 0xbe]);
    expect(device.calls).toEqual(['r1@0', 'r4@4', 'w2@6']);
  });

  it('answers all ones where nobody is and ignores writes there', () => {
    const bus = new PortBus();
    bus.store(0x80, 4, 0xffff_ffff);
    expect([bus.load(0x80, 1), bus.load(0x80, 2), bus.load(0xffff, 4)]).toEqual([
      0xff, 0xffff, 0xffff_ffff,
    ]);
  });

  it('splits misaligned accesses into aligned ones', () => {
    const bus = new PortBus();
    const device = ram(8);
    bus.insert({ base: 0x100, length: 8, device });
    expect(bus.load(0x101, 4)).toBe(0x14131211);
    expect(bus.load(0x102, 4)).toBe(0x15141312);
    expect(device.calls).toEqual(['r1@1', 'r1@2', 'r1@3', 'r1@4', 'r2@2', 'r2@4']);
  });

  it('splits accesses that leave a range, and goes round at the end of the ports', () => {
    const bus = new PortBus();
    bus.insert({ base: 0x200, length: 3, device: ram(3) });
    bus.insert({ base: PORT_COUNT - 1, length: 1, device: ram(1) });
    expect(bus.load(0x200, 4)).toBe(0xff12_1110);
    expect(bus.load(PORT_COUNT - 1, 2)).toBe(0xff10);
  });

  it('keeps aligned dword ranges apart from the byte ports below them', () => {
    const bus = new PortBus();
    const address = ram(4);
    const resetRegister = ram(1);
    bus.insert({ base: 0xcf8, length: 4, device: address, dwordOnly: true });
    bus.insert({ base: 0xcf9, length: 1, device: resetRegister });

    bus.store(0xcf8, 4, 0x8000_0000);
    bus.store(0xcf9, 1, 6);
    expect(bus.load(0xcf8, 2)).toBe(0x06ff);
    expect(address.calls).toEqual(['w4@0']);
    expect(resetRegister.calls).toEqual(['w1@0', 'r1@0']);
  });

  it('moves the elements of a string instruction through one port', () => {
    const bus = new PortBus();
    const device = ram(2);
    bus.insert({ base: 0x10, length: 2, device });
    const view = new DataView(new ArrayBuffer(8));
    bus.readString({ port: 0x10, size: 2, count: 3 }, view, 2);
    expect([...new Uint8Array(view.buffer)]).toEqual([0, 0, 0x10, 0x11, 0x10, 0x11, 0x10, 0x11]);
    view.setUint16(4, 0x2222);
    bus.writeString({ port: 0x10, size: 2, count: 2 }, view, 2);
    expect([...device.bytes]).toEqual([0x22, 0x22]);
    expect(device.calls).toEqual(['r2@0', 'r2@0', 'r2@0', 'w2@0', 'w2@0']);
  });

  it('refuses ports that are taken or do not exist', () => {
    const bus = new PortBus();
    bus.insert({ base: 0x60, length: 1, device: ram(1) });
    expect(() => bus.insert({ base: 0x5e, length: 4, device: ram(4) })).toThrow(
      'port 0x60 is taken',
    );
    expect(() => bus.insert({ base: 0xffff, length: 2, device: ram(2) })).toThrow(RangeError);
    expect(() => bus.insert({ base: 1, length: 0, device: ram(1) })).toThrow(RangeError);
    expect(bus.load(0x5e, 1)).toBe(0xff);
  });

  it('takes 255 ranges and no more', () => {
    const bus = new PortBus();
    for (let base = 0; base < 255; base += 1) {
      bus.insert({ base, length: 1, device: ram(1) });
    }
    expect(bus.load(254, 1)).toBe(0x10);
    expect(() => bus.insert({ base: 300, length: 1, device: ram(1) })).toThrow('more than 255');
  });

  it('moves the same bytes whatever the width and the port', () => {
    const start = 0x300;
    const width = fc.constantFrom<AccessWidth>(1, 2, 4);
    fc.assert(
      fc.property(fc.integer({ min: start - 4, max: start + 11 }), width, (port, size) => {
        const bus = new PortBus();
        const device = ram(11);
        bus.insert({ base: start, length: 7, device });
        bus.insert({ base: start + 7, length: 4, device: new Ram(new Uint8Array(4).fill(0x55)) });
        const expected = Array.from({ length: size }, (_, i) => bus.load(port + i, 1));
        const actual = new DataView(new ArrayBuffer(4));
        bus.read(port, size, actual, 0);
        expect([...new Uint8Array(actual.buffer, 0, size)]).toEqual(expected);
        bus.write(port, size, actual, 0);
        expect(bus.load(port, size)).toBeLessThanOrEqual(allOnes(size));
      }),
    );
  });
});

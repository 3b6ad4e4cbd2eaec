import fc from 'fast-check';

import type { AccessWidth } from '../bus/bus-device';
import { PciRig, RIG_WINDOW } from '../testing/pci-rig';
import { virtioConfig } from '../testing/virtio-rig';
import { virtioPciRequest } from '../virtio/pci/config';

const BAR_SIZE = 0x1_0000;

function machine(devices = 2): PciRig {
  return new PciRig(
    Array.from({ length: devices }, (_, index) => virtioPciRequest(virtioConfig(index + 1))),
  );
}

describe('configuration mechanism #1', () => {
  it('takes whole words at 0xCF8 only, and keeps no reserved bits', () => {
    const { ports } = machine().thread();
    ports.store(0xcf8, 4, 0xffff_ffff);
    expect(ports.load(0xcf8, 4)).toBe(0x80ff_fffc);
    ports.store(0xcf8, 1, 0x12);
    ports.store(0xcf8, 2, 0x1234);
    ports.store(0xcfb, 1, 0x01);
    expect(ports.load(0xcf8, 4)).toBe(0x80ff_fffc);
    expect([ports.load(0xcf8, 1), ports.load(0xcfa, 2)]).toEqual([0xff, 0xffff]);
  });

  it('leaves the reset register in its middle alone', () => {
    const { ports } = machine().thread();
    const reset = { read: () => 0x5a, write: jest.fn() };
    ports.insert({ base: 0xcf9, length: 1, device: reset });
    ports.store(0xcf8, 4, 0x8000_0000);
    ports.store(0xcf9, 1, 6);
    expect(ports.load(0xcf9, 1)).toBe(0x5a);
    expect(reset.write).toHaveBeenCalledTimes(1);
    expect(ports.load(0xcf8, 4)).toBe(0x8000_0000);
  });

  it('shares its address register between vCPUs', () => {
    const rig = machine();
    const [first, second] = [rig.thread(), rig.thread()];
    first.ports.store(0xcf8, 4, 0x8000_0000);
    expect(second.ports.load(0xcf8, 4)).toBe(0x8000_0000);
    expect(second.ports.load(0xcfc, 4)).toBe(0x0008_1b36);
  });

  it('answers all ones where nobody is: disabled, other buses, functions and slots', () => {
    const cpu = machine().thread();
    const addresses = [0, 0x8001_0000, 0x80ff_f800, 0x8000_0100, 0x8000_0f00, 0x8000_1800];
    const answers = addresses.map((address) => {
      cpu.ports.store(0xcf8, 4, address);
      cpu.ports.store(0xcfc, 4, 0);
      return [cpu.ports.load(0xcfc, 4), cpu.ports.load(0xcfe, 2), cpu.ports.load(0xcff, 1)];
    });
    expect(answers).toEqual(addresses.map(() => [0xffff_ffff, 0xffff, 0xff]));
  });

  it('reads the same bytes in any width, also across words', () => {
    const cpu = machine().thread();
    cpu.ports.store(0xcf8, 4, 0x8000_0800);
    expect(cpu.ports.load(0xcfc, 4)).toBe(0x1042_1af4);
    expect([0xcfc, 0xcfe].map((port) => cpu.ports.load(port, 2))).toEqual([0x1af4, 0x1042]);
    expect([0xcfc, 0xcfd, 0xcfe, 0xcff].map((port) => cpu.ports.load(port, 1))).toEqual([
      0xf4, 0x1a, 0x42, 0x10,
    ]);
    expect(cpu.ports.load(0xcfd, 2)).toBe(0x421a);
    expect(cpu.ports.load(0xcfe, 4)).toBe(0xffff_1042);
  });
});

describe('the bus', () => {
  it('has a host bridge in slot 0, of which nothing can be written', () => {
    const cpu = machine(0).thread();
    expect(cpu.readConfig(0, 8) >>> 8).toBe(0x06_00_00);
    expect(cpu.readConfig(0, 0x0e, 1)).toBe(0);
    const before = Array.from({ length: 64 }, (_, word) => cpu.readConfig(0, 4 * word));
    before.forEach((_, word) => cpu.writeConfig(0, 4 * word, 0xffff_ffff));
    const after = before.map((_, word) => cpu.readConfig(0, 4 * word));
    expect(after).toEqual(before);
  });

  it('has room for 31 devices, each with addresses and interrupts of its own', () => {
    const cpu = machine(31).thread();
    const slots = Array.from({ length: 31 }, (_, index) => index + 1);
    expect(slots.map((slot) => cpu.readConfig(slot, 0))).toEqual(slots.map(() => 0x1042_1af4));
    const bases = slots.map((slot) => cpu.bar(slot));
    expect(new Set(bases).size).toBe(31);
    expect(bases.every((base) => base % BAR_SIZE === 0 && base >= RIG_WINDOW.base)).toBe(true);
    expect(slots.slice(0, 3).map((slot) => cpu.readConfig(slot, 0x3c, 2))).toEqual([
      0x0111, 0x0112, 0x0113,
    ]);
  });

  it('refuses a device too many, and a window too small', () => {
    expect(() => machine(32)).toThrow('31 fit');
    const devices = [virtioPciRequest(virtioConfig(1)), virtioPciRequest(virtioConfig(2))];
    expect(() => new PciRig(devices, { base: 0x1_0000, size: 0x1_8000 })).toThrow('no room');
    expect(() => new PciRig([{ module: 'nothing', config: {} }])).toThrow("'nothing'");
  });

  it('links the capabilities of a device into a list that ends', () => {
    const cpu = machine().thread();
    expect(cpu.readConfig(1, 6, 2) & 0x10).toBe(0x10);
    const msix = cpu.capability(1, 0x11);
    const virtio = [1, 2, 3, 4, 5].map((type) => cpu.capability(1, 9, type));
    expect([msix, ...virtio].every((at) => at >= 0x40 && at % 4 === 0)).toBe(true);
    expect([cpu.capability(1, 9, 8), cpu.capability(1, 5)]).toEqual([0, 0]);
    expect(cpu.readConfig(1, msix + 2, 2)).toBe(2);
    expect(cpu.readConfig(1, msix + 4)).toBe(0x8000);
    expect(cpu.readConfig(1, msix + 8)).toBe(0x4000);
  });
});

describe('a BAR', () => {
  it('says its size and keeps its type', () => {
    const cpu = machine().thread();
    cpu.writeConfig(1, 0x10, 0xffff_ffff);
    cpu.writeConfig(1, 0x14, 0xffff_ffff);
    expect([cpu.readConfig(1, 0x10), cpu.readConfig(1, 0x14)]).toEqual([0xffff_0004, 0xffff_ffff]);
    [0x18, 0x1c, 0x20, 0x24, 0x30].forEach((at) => cpu.writeConfig(1, at, 0xffff_ffff));
    const absent = [0x18, 0x1c, 0x20, 0x24, 0x30].map((at) => cpu.readConfig(1, at));
    expect(absent).toEqual([0, 0, 0, 0, 0]);
  });

  it('answers only while the function decodes memory', () => {
    const cpu = machine().thread();
    const base = cpu.bar(1);
    expect(cpu.read(base + 0x12, 2)).toBe(0xffff);
    cpu.writeConfig(1, 4, 2, 2);
    expect(cpu.read(base + 0x12, 2)).toBe(2);
    cpu.writeConfig(1, 4, 0, 2);
    expect(cpu.read(base + 0x12, 2)).toBe(0xffff);
  });

  it('is followed by every vCPU when the guest moves it', () => {
    const rig = machine();
    const [first, second] = [rig.thread(), rig.thread()];
    const old = first.bar(1);
    const next = RIG_WINDOW.base + 0x1000_0000;
    first.writeConfig(1, 4, 2, 2);
    expect(second.read(old + 0x12, 2)).toBe(2);
    first.moveBar(1, next);
    expect([first, second].map((cpu) => cpu.read(old + 0x12, 2))).toEqual([0xffff, 0xffff]);
    expect([first, second].map((cpu) => cpu.read(next + 0x12, 2))).toEqual([2, 2]);
  });

  it('answers nowhere but in the window of the host bridge', () => {
    const cpu = machine().thread();
    cpu.writeConfig(1, 4, 2, 2);
    const end = RIG_WINDOW.base + RIG_WINDOW.size;
    const outside = [0, 0x10_0000, RIG_WINDOW.base - BAR_SIZE, end, 0xfee0_0000, 2 ** 40, 2 ** 63];
    const answers = outside.map((at) => {
      cpu.moveBar(1, at);
      return cpu.read(at % 2 ** 52, 4);
    });
    expect(answers).toEqual(outside.map(() => 0xffff_ffff));
    cpu.moveBar(1, end - BAR_SIZE);
    expect(cpu.read(end - BAR_SIZE + 0x12, 2)).toBe(2);
  });

  it('gives way to one before it in order, and comes back', () => {
    const rig = new PciRig([
      virtioPciRequest(virtioConfig(1)),
      virtioPciRequest(virtioConfig(2, { queueMaxSizes: [16] })),
    ]);
    const cpu = rig.thread();
    const [first, second] = [cpu.bar(1), cpu.bar(2)];
    [1, 2].forEach((slot) => cpu.writeConfig(slot, 4, 2, 2));
    expect(cpu.read(second + 0x12, 2)).toBe(1);
    cpu.moveBar(1, second);
    expect([cpu.read(first + 0x12, 2), cpu.read(second + 0x12, 2)]).toEqual([0xffff, 2]);
    cpu.writeConfig(1, 4, 0, 2);
    expect(cpu.read(second + 0x12, 2)).toBe(1);
  });
});

describe('a reset of the machine', () => {
  it('puts configuration space and addresses to what they were at power-on', () => {
    const rig = machine();
    const cpu = rig.thread();
    const words = Array.from({ length: 64 }, (_, word) => 4 * word);
    const before = words.map((at) => cpu.readConfig(1, at));
    const base = cpu.bar(1);
    cpu.writeConfig(1, 4, 6, 2);
    cpu.moveBar(1, RIG_WINDOW.base + 0x100_0000);
    words.slice(1).forEach((at) => cpu.writeConfig(1, at, 0xffff_ffff));
    cpu.frontEnd.reset();
    expect(cpu.ports.load(0xcf8, 4)).toBe(0);
    expect(words.map((at) => cpu.readConfig(1, at))).toEqual(before);
    expect(cpu.read(base, 4)).toBe(0xffff_ffff);
    expect(rig.host.pci.notifies.size).toBe(0);
  });
});

const WIDTHS: readonly AccessWidth[] = [1, 2, 4];
const width = fc.constantFrom(...WIDTHS);
const word = fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(0, 6, 0xffff_ffff));
const port = fc.integer({ min: 0xcf5, max: 0xd02 });

describe('configuration space under any guest', () => {
  const access = fc.record({
    slot: fc.integer({ min: 0, max: 4 }),
    at: fc.integer({ min: 0, max: 255 }),
    width,
    value: word,
  });

  it('changes in no bit that is not to be written, and answers in range', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 100 }), (accesses) => {
        const cpu = machine().thread();
        const frozen = [
          0x00, 0x08, 0x0c, 0x18, 0x2c, 0x34, 0x38, 0x40, 0x44, 0x48, 0x4c, 0x54, 0x5c,
        ];
        const words = (): number[] =>
          [0, 1, 2].flatMap((slot) => frozen.map((at) => cpu.readConfig(slot, at)));
        const before = words().map((value, index) => (index % frozen.length === 7 ? 0 : value));
        accesses.forEach(({ slot, at, width: bytes, value }) => {
          cpu.writeConfig(slot, at, value, bytes);
          const answer = cpu.readConfig(slot, at, bytes);
          expect(answer >= 0 && answer < 2 ** (8 * bytes)).toBe(true);
        });
        // The message control in the word at 0x40 has two bits that can be written.
        const after = words().map((value, index) => (index % frozen.length === 7 ? 0 : value));
        expect(after).toEqual(before);
        expect(cpu.readConfig(1, 4, 2) & ~0x0406).toBe(0);
        expect(cpu.readConfig(1, 0x10) & 0xffff).toBe(4);
      }),
    );
  });

  it('never throws, whatever the ports and the widths', () => {
    const raw = fc.record({ port, width, value: word, write: fc.boolean() });
    fc.assert(
      fc.property(fc.array(raw, { maxLength: 200 }), (accesses) => {
        const { ports } = machine().thread();
        accesses.forEach((each) => {
          ports.store(each.port, each.width, each.value % 2 ** (8 * each.width));
          const answer = ports.load(each.port, each.width);
          expect(answer >= 0 && answer < 2 ** (8 * each.width)).toBe(true);
        });
      }),
    );
  });

  it('has BARs that all vCPUs agree on, in the window, one device an address', () => {
    const move = fc.record({
      slot: fc.integer({ min: 1, max: 3 }),
      page: fc.integer({ min: -2, max: 6 }),
      decode: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const rig = new PciRig(
          [1, 2, 3].map((number) => virtioPciRequest(virtioConfig(number))),
          { base: RIG_WINDOW.base, size: 5 * BAR_SIZE },
        );
        const [first, second] = [rig.thread(), rig.thread()];
        moves.forEach(({ slot, page, decode }) => {
          first.moveBar(slot, RIG_WINDOW.base + page * BAR_SIZE);
          second.writeConfig(slot, 4, decode ? 2 : 0, 2);
          const seen = [-2, -1, 0, 1, 2, 3, 4, 5, 6].map((each) => {
            const at = RIG_WINDOW.base + each * BAR_SIZE + 0x12;
            expect(first.read(at, 2)).toBe(second.read(at, 2));
            return first.read(at, 2);
          });
          const claimed = new Set(
            [1, 2, 3]
              .filter((each) => (first.readConfig(each, 4, 2) & 2) !== 0)
              .map((each) => (first.bar(each) - RIG_WINDOW.base) / BAR_SIZE),
          );
          const expected = [-2, -1, 0, 1, 2, 3, 4, 5, 6].map((each) =>
            claimed.has(each) && each >= 0 && each < 5 ? 2 : 0xffff,
          );
          expect(seen).toEqual(expected);
        });
      }),
      { numRuns: 50 },
    );
  });
});

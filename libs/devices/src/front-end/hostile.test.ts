import fc from 'fast-check';

import { acpiPm } from '../acpi-pm/front-end';
import { type AccessWidth, allOnes } from '../bus/bus-device';
import { cmos } from '../cmos/front-end';
import { i8042 } from '../i8042/front-end';
import { serial } from '../serial/front-end';
import { SerialPage } from '../serial/page';
import { TestMachine } from '../testing/test-machine';
import { request } from './allocate';

/* What a guest can do to the legacy devices with nothing but loads and stores (HOSTILE rows: indexes
 * chosen by the guest, memory that grows, buffers without bound, accesses of odd shapes). */

const WIDTHS: readonly AccessWidth[] = [1, 2, 4];
const RANGES = [
  { base: 0x60, length: 1 },
  { base: 0x64, length: 1 },
  { base: 0x70, length: 2 },
  { base: 0x2f8, length: 8 },
  { base: 0x3f8, length: 8 },
  { base: 0x600, length: 6 },
  { base: 0xcf9, length: 1 },
];
const PORTS = RANGES.flatMap(({ base, length }) =>
  Array.from({ length: length + 6 }, (_, index) => base - 3 + index),
);

function wholeMachine(): TestMachine {
  return new TestMachine(
    request(serial, { base: 0x3f8, irqFd: 4, connection: { pageFd: 5, kickFd: 6 } }),
    request(serial, { base: 0x2f8, irqFd: 3 }),
    request(cmos, { base: 0x70, irqFd: 8, kickFd: 7 }),
    request(i8042, { base: 0x60 }),
    request(acpiPm, { base: 0x600, resetPort: 0xcf9, irqFd: 9 }),
  );
}

const port = fc.constantFrom(...PORTS);
const width = fc.constantFrom(...WIDTHS);
const value = fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff_ffff }));
const access = fc.record({ port, width, value, write: fc.boolean() });

describe('legacy devices under any guest', () => {
  it.each(WIDTHS)('answer reads and writes of %i bytes at every port, aligned or not', (size) => {
    const machine = wholeMachine();
    for (const each of PORTS) {
      for (const bits of [0, 0x55aa_55aa, 0xffff_ffff]) {
        machine.ports.store(each, size, bits & allOnes(size));
        const answer = machine.ports.load(each, size);
        expect(Number.isInteger(answer) && answer >= 0 && answer <= allOnes(size)).toBe(true);
      }
    }
  });

  it.each(WIDTHS)('answer %i bytes at any offset, even outside their range', (size) => {
    const devices = wholeMachine().frontEnds.flatMap(({ ports }) => ports);
    for (const { device } of devices) {
      for (const offset of [-8, -1, 0, 1, 2, 3, 5, 7, 8, 100, 0xffff]) {
        device.write(offset, size, allOnes(size));
        const answer = device.read(offset, size);
        expect(Number.isInteger(answer) && answer >= 0 && answer <= allOnes(size)).toBe(true);
      }
    }
  });

  it('never throw, keep their state in its place, and stay useful after a reset', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 300 }), (accesses) => {
        const machine = wholeMachine();
        const { byteLength } = machine.set.buffer;
        for (const each of accesses) {
          machine.host.time += 37;
          machine.access(each);
        }
        const page = new SerialPage(machine.host.pages[5]!);
        expect(page.tx.used).toBeLessThanOrEqual(page.tx.size);
        expect(machine.set.buffer.byteLength).toBe(byteLength);

        machine.frontEnds.forEach((frontEnd) => frontEnd.reset());
        expect([machine.in(0x3fa), machine.in(0x3f9), machine.in(0x604)]).toEqual([1, 0, 1]);
        expect(machine.in(0x64) & 0x11).toBe(0x10);
      }),
    );
  });

  it('leave the state of their neighbours alone', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 200 }), fc.nat({ max: 4 }), (accesses, index) => {
        const machine = wholeMachine();
        const [from, to] = [0, 1].map(
          (next) => machine.set.placements[index + next]?.offset ?? machine.set.buffer.byteLength,
        );
        const mine = machine.frontEnds[index]!.ports;
        const others = (): Uint8Array => {
          const bytes = new Uint8Array(machine.set.buffer).slice();
          return bytes.fill(0, from, to);
        };
        const before = others();
        for (const { port: each, value: bits } of accesses) {
          const { device, length } = mine[each % mine.length]!;
          device.write(each % length, 1, bits & 0xff);
          device.read(bits % length, 1);
        }
        expect(others()).toEqual(before);
      }),
    );
  });

  it('give a UART whose interrupt is never pending without having been raised', () => {
    const uart = fc.record({
      port: fc.integer({ min: 0x2f8, max: 0x2ff }),
      value: fc.integer({ min: 0, max: 0xff }),
      write: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(uart, { maxLength: 200 }), (accesses) => {
        const machine = wholeMachine();
        let raisedBefore = 0;
        let wasPending = false;
        for (const each of accesses) {
          machine.access({ ...each, width: 1 });
          // A look at IIR acknowledges, so it is done on a copy of the whole state.
          const isPending = pendingWithoutLooking(machine);
          const raised = machine.host.raised[3]!;
          expect(!isPending || wasPending || raised > raisedBefore).toBe(true);
          wasPending = isPending;
          raisedBefore = raised;
        }
      }),
    );
  });
});

function pendingWithoutLooking(machine: TestMachine): boolean {
  const bytes = new Uint8Array(machine.set.buffer);
  const saved = bytes.slice();
  const raised = { ...machine.host.raised };
  const iir = machine.in(0x2fa);
  bytes.set(saved);
  Object.assign(machine.host.raised, raised);
  return (iir & 1) === 0;
}

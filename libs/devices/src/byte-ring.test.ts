import fc from 'fast-check';

import { ByteRing } from './byte-ring';

const SIZE = 16;
const PLACE = { head: 0, tail: 4, data: 64, size: SIZE };

function ringAt(head: number, tail: number): ByteRing {
  const bytes = new Uint8Array(64 + SIZE);
  new Int32Array(bytes.buffer).set([head, tail]);
  return new ByteRing(bytes, PLACE);
}

describe('ByteRing', () => {
  it('hands bytes over in order, also where its counters go round', () => {
    const ring = ringAt(-3, -3);
    const out: number[] = [];
    for (let value = 0; value < 40; value += 1) {
      ring.push(value);
      ring.push(value + 100);
      out.push(ring.pop(), ring.pop());
    }
    expect(out).toEqual(Array.from({ length: 40 }, (_, i) => [i, i + 100]).flat());
    expect([ring.used, ring.free]).toEqual([0, SIZE]);
  });

  it('behaves like a queue, whichever way bytes go in and out', () => {
    const step = fc.record({ write: fc.boolean(), span: fc.boolean(), count: fc.nat({ max: 20 }) });
    const start = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(start, fc.array(step), (position, steps) => {
        const ring = ringAt(position, position);
        let used = 0;
        for (const { write, span, count } of steps) {
          const most = write ? ring.writeLength : ring.readLength;
          const moved = Math.min(count, most);
          const act = write ? () => ring.push(1) : () => ring.pop();
          const whole = write ? () => ring.produced(moved) : () => ring.consumed(moved);
          (span ? [whole] : new Array<() => void>(moved).fill(act)).forEach((each) => each());
          used += write ? moved : -moved;
          expect([ring.used, ring.free]).toEqual([used, SIZE - used]);
        }
      }),
    );
  });

  it('stays inside its data whatever the other side writes to the counters', () => {
    const any = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(any, any, (head, tail) => {
        const ring = ringAt(head, tail);
        expect(ring.used).toBeGreaterThanOrEqual(0);
        expect(ring.used).toBeLessThanOrEqual(SIZE);
        expect(ring.readOffset + ring.readLength).toBeLessThanOrEqual(SIZE);
        expect(ring.writeOffset + ring.writeLength).toBeLessThanOrEqual(SIZE);
        expect(ring.pop()).toBe(0);
      }),
    );
  });

  it('refuses a place that is no ring', () => {
    const bytes = new Uint8Array(64);
    expect(() => new ByteRing(bytes, { ...PLACE, data: 32, size: 24 })).toThrow(RangeError);
    expect(() => new ByteRing(bytes, PLACE)).toThrow(RangeError);
    expect(() => new ByteRing(bytes, { ...PLACE, head: 2, data: 0 })).toThrow(RangeError);
  });
});

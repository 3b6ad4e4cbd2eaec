import { GuestMemory } from '@crosvm/sys-util';
import fc from 'fast-check';

import { BalloonRig, PAGE, Queue } from '../../testing/balloon-rig';

const LOW_PAGES = 32;
const HIGH = 0x200;
const HIGH_PAGES = 16;

const memory = GuestMemory.create([
  { at: 0, size: 0x10_0000 },
  { at: HIGH * PAGE, size: HIGH_PAGES * PAGE },
]);
/** Those that a guest may name here; the rings of the driver are elsewhere. */
const pages = [
  ...Array.from({ length: LOW_PAGES }, (_, index) => index),
  ...Array.from({ length: HIGH_PAGES }, (_, index) => HIGH + index),
];

/** Each page with a byte of its own. */
function usePages(): void {
  pages.forEach((page) => memory.fill(page * PAGE, PAGE, 0x80 | (page & 0x7f)));
}

/** The pages that have something else now. */
function changed(): number[] {
  return pages.filter((page) => {
    const byte = 0x80 | (page & 0x7f);
    return !memory.read(page * PAGE, PAGE).every((each) => each === byte);
  });
}

const number = fc.oneof(
  fc.nat(LOW_PAGES - 1),
  fc.integer({ min: HIGH - 3, max: HIGH + HIGH_PAGES + 3 }),
  fc.integer({ min: 0x8000_0000, max: 0xffff_ffff }),
);

describe('whatever pages a guest names', () => {
  it('those and no others are given back', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 40 }), (numbers) => {
        usePages();
        const rig = BalloonRig.active(undefined, { memory });
        rig.name(Queue.inflate, numbers);

        expect(changed()).toEqual(pages.filter((page) => numbers.includes(page)));
      }),
      { numRuns: 50 },
    );
  });

  it('only whole pages of a report are given back', () => {
    const start = fc.nat(LOW_PAGES * PAGE - 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(start, start), { minLength: 1, maxLength: 8 }), (pairs) => {
        usePages();
        const rig = BalloonRig.active(undefined, { memory });
        const buffers = pairs.map(([one, other]) => ({
          at: Math.min(one, other),
          length: Math.abs(one - other) + 1,
          writable: true,
        }));
        rig.driver(Queue.reporting).add(buffers);
        rig.serve(Queue.reporting);

        const isWhole = (page: number): boolean =>
          buffers.some(({ at, length }) => at <= page * PAGE && at + length >= (page + 1) * PAGE);
        expect(changed()).toEqual(pages.filter(isWhole));
      }),
      { numRuns: 50 },
    );
  });

  it('anything on any queue ends in its buffers being given back, or kept', () => {
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        (index, content, writable) => {
          const rig = BalloonRig.active(undefined, { memory });
          const driver = rig.driver(index);
          driver.add([{ at: driver.place(content), length: content.length, writable }]);

          expect(rig.serve(index)).toHaveLength(index === Queue.statistics ? 0 : 1);
        },
      ),
      { numRuns: 50 },
    );
  });
});

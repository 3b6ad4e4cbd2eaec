import fc from 'fast-check';

import { ANY, nextAlarm } from './alarm';

const field = (max: number) => fc.integer({ min: ANY, max });
const fits = (wanted: number, value: number): boolean => wanted === ANY || wanted === value;

function matches(at: number, hour: number, minute: number, second: number): boolean {
  const date = new Date(at * 1000);
  return (
    fits(hour, date.getUTCHours()) &&
    fits(minute, date.getUTCMinutes()) &&
    fits(second, date.getUTCSeconds())
  );
}

describe('nextAlarm', () => {
  it('finds the first second that matches, for all alarms', () => {
    const start = fc.integer({ min: -100_000, max: 100_000 });
    fc.assert(
      fc.property(start, field(23), field(59), field(59), (after, hour, minute, second) => {
        const at = nextAlarm(after, hour, minute, second);
        const earlier = Array.from({ length: at - after - 1 }, (_, i) => after + 1 + i);
        expect(matches(at, hour, minute, second)).toBe(true);
        expect(earlier.some((each) => matches(each, hour, minute, second))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [24, ANY, ANY],
    [ANY, 60, ANY],
    [0, 0, 99],
  ])('never comes for a time that does not exist: %i %i %i', (hour, minute, second) => {
    expect(nextAlarm(1234, hour, minute, second)).toBe(Infinity);
  });
});

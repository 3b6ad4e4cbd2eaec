import fc from 'fast-check';

import { type CivilDate, civilFromDays, dayOfWeek, daysFromCivil } from './civil';

const DAY_MS = 86_400_000;
const anyDay = fc.integer({ min: -719_528, max: 2_932_896 });

describe('civil dates', () => {
  it('agree with the engine from year 0 to 9999', () => {
    fc.assert(
      fc.property(anyDay, (days) => {
        const expected = new Date(days * DAY_MS);
        const date: CivilDate = { year: 0, month: 0, day: 0 };
        civilFromDays(days, date);
        expect(date).toEqual({
          year: expected.getUTCFullYear(),
          month: expected.getUTCMonth() + 1,
          day: expected.getUTCDate(),
        });
        expect(daysFromCivil(date.year, date.month, date.day)).toBe(days);
        expect(dayOfWeek(days)).toBe(expected.getUTCDay() + 1);
      }),
    );
  });

  it('carry what is beyond its range over', () => {
    expect(daysFromCivil(2023, 14, 30)).toBe(daysFromCivil(2024, 3, 1));
    expect(daysFromCivil(2024, 0, 0)).toBe(daysFromCivil(2023, 11, 30));
  });
});

/*
 * Days and dates of the proleptic Gregorian calendar in plain integer arithmetic, which neither
 * allocates nor knows time zones. The year is taken to begin in March, so that the leap day is its
 * last, and days are counted in eras of 400 years, after which everything repeats.
 */

const DAYS_PER_ERA = 146_097;
const YEARS_PER_ERA = 400;

/** From 0000-03-01, where eras begin, to 1970-01-01. */
const EPOCH_DAY = 719_468;

/** Days from 1970-01-01 to a date. Months and days beyond their range carry over. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const carried = year + Math.floor((month - 1) / 12);
  const zeroBasedMonth = (((month - 1) % 12) + 12) % 12;
  const marchMonth = (zeroBasedMonth + 10) % 12;
  const marchYear = carried - (zeroBasedMonth < 2 ? 1 : 0);
  const era = Math.floor(marchYear / YEARS_PER_ERA);
  const yearOfEra = marchYear - era * YEARS_PER_ERA;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * DAYS_PER_ERA + yearOfEra * 365 + leapDays + dayOfYear - EPOCH_DAY;
}

/** A date; one object that is filled again and again. */
export interface CivilDate {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
}

/** Fills `date` with the date that is `days` after 1970-01-01. */
export function civilFromDays(days: number, date: CivilDate): void {
  const shifted = days + EPOCH_DAY;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  date.day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  date.month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  date.year = yearOfEra + era * YEARS_PER_ERA + (date.month <= 2 ? 1 : 0);
}

/** 1 for Sunday to 7 for Saturday. */
export function dayOfWeek(days: number): number {
  // 1970-01-01 was a Thursday, day 5.
  return ((((days + 4) % 7) + 7) % 7) + 1;
}

const HOUR = 3600;
const MINUTE = 60;
const DAY = 24 * HOUR;

/** In place of an hour, a minute or a second: any of them. */
export const ANY = -1;

/**
 * Every step below goes to the next hour, minute or second; the longest way is 59 seconds and 59
 * minutes forward to leave a match too early in the day, 23 hours, and 59 and 59 again.
 */
const MAX_STEPS = 300;

/**
 * The first second after `after` at which the alarm goes off; Infinity if it never does.
 * Seconds count from the start of some day.
 */
export function nextAlarm(after: number, hour: number, minute: number, second: number): number {
  let at = after + 1;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const ofDay = at - Math.floor(at / DAY) * DAY;
    if (hour !== ANY && Math.floor(ofDay / HOUR) !== hour) {
      at += HOUR - (ofDay % HOUR);
    } else if (minute !== ANY && Math.floor((ofDay % HOUR) / MINUTE) !== minute) {
      at += MINUTE - (ofDay % MINUTE);
    } else if (second !== ANY && ofDay % MINUTE !== second) {
      at += 1;
    } else {
      return at;
    }
  }
  return Infinity;
}

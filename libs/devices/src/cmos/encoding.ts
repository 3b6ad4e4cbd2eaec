import { HOUR_PM, StatusB } from './registers';

/** A number from 0 to 99 as the time registers show it, in BCD or binary by register B. */
export function encodeNumber(value: number, statusB: number): number {
  return statusB & StatusB.BINARY ? value : ((value / 10) << 4) | (value % 10);
}

/** The number in a time register; what is no BCD gives some number, as adders on a chip would. */
export function decodeNumber(byte: number, statusB: number): number {
  return statusB & StatusB.BINARY ? byte : (byte >> 4) * 10 + (byte & 0x0f);
}

/** An hour from 0 to 23, in 12 or 24 hours and BCD or binary by register B. */
export function encodeHour(hour: number, statusB: number): number {
  if (statusB & StatusB.HOURS_24) {
    return encodeNumber(hour, statusB);
  }
  return encodeNumber(((hour + 11) % 12) + 1, statusB) | (hour >= 12 ? HOUR_PM : 0);
}

/** The hour in a register: 0 to 23 for all that is valid. */
export function decodeHour(byte: number, statusB: number): number {
  if (statusB & StatusB.HOURS_24) {
    return decodeNumber(byte, statusB);
  }
  const hour = decodeNumber(byte & ~HOUR_PM, statusB);
  return (hour === 12 ? 0 : hour) + (byte & HOUR_PM ? 12 : 0);
}

import type { Result } from '@crosvm/vm-control';

const MIB = 1024 ** 2;

/** Statistics that are bytes, and what people call them. */
const BYTES: readonly (readonly [keyof Statistics, string])[] = [
  ['totalMemory', 'the guest has'],
  ['availableMemory', 'available'],
  ['freeMemory', 'free'],
  ['diskCaches', 'disk caches'],
  ['swapIn', 'swapped in'],
  ['swapOut', 'swapped out'],
];

/** The others. */
const COUNTS: readonly (readonly [keyof Statistics, string])[] = [
  ['majorFaults', 'major faults'],
  ['minorFaults', 'minor faults'],
];

type Statistics = NonNullable<Result<'balloonStats'>['statistics']>;

function inMib(bytes: number): string {
  const mib = bytes / MIB;
  return `${Number.isInteger(mib) ? mib : mib.toFixed(1)} MiB`;
}

/** How full a balloon is, for people. */
export function balloonText({ target, actual, hasDriver }: Result<'balloon'>): string {
  const wanted = target === actual ? '' : `, to be ${inMib(target)}`;
  const driver = hasDriver ? '' : '; the guest has no driver for it (virtio_balloon)';
  return `balloon ${inMib(actual)}${wanted}${driver}`;
}

/** The same, with what the guest says of its memory. */
export function balloonStatsText(stats: Result<'balloonStats'>): string {
  const { statistics, hasDriver } = stats;
  if (statistics === null) {
    return `${balloonText(stats)}${hasDriver ? '; the guest gives no statistics' : ''}`;
  }
  const bytes = BYTES.flatMap(([name, text]) => {
    const value = statistics[name];
    return value === undefined ? [] : [`${text} ${inMib(value)}`];
  });
  const counts = COUNTS.flatMap(([name, text]) => {
    const value = statistics[name];
    return value === undefined ? [] : [`${text} ${value}`];
  });
  return [balloonText(stats), ...bytes, ...counts].join(', ');
}

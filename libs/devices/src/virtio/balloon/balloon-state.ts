/** What a guest knows about its memory. What it does not say is missing. */
export interface BalloonStatistics {
  /** Bytes that came from swap since it started. */
  readonly swapIn?: number;
  /** Bytes that went to swap. */
  readonly swapOut?: number;
  /** Page faults that read from a disk. */
  readonly majorFaults?: number;
  /** Page faults that did not. */
  readonly minorFaults?: number;
  /** Bytes that are used for nothing. */
  readonly freeMemory?: number;
  /** Bytes in all, as the guest counts them. */
  readonly totalMemory?: number;
  /** Bytes that programs could have without swapping. */
  readonly availableMemory?: number;
  /** Bytes of caches that could be had back at once. */
  readonly diskCaches?: number;
  /** Huge pages that were allocated since it started. */
  readonly hugePageAllocations?: number;
  /** Huge pages that could not be allocated. */
  readonly hugePageFailures?: number;
}

/** The names of the statistics, by the guest's numbers for them (VIRTIO_BALLOON_S_*). */
export const STATISTICS: readonly (keyof BalloonStatistics)[] = [
  'swapIn',
  'swapOut',
  'majorFaults',
  'minorFaults',
  'freeMemory',
  'totalMemory',
  'availableMemory',
  'diskCaches',
  'hugePageAllocations',
  'hugePageFailures',
];

/** How full a balloon is. */
export interface BalloonState {
  /** Pages of 4 KiB that the guest is to give. */
  readonly target: number;
  /** Pages of 4 KiB that it says it gave. */
  readonly actual: number;
  /** Whether the guest has a driver for it. */
  readonly hasDriver: boolean;
}

/** The same, with what the guest says of its memory; undefined if its driver does not. */
export interface BalloonReport extends BalloonState {
  readonly statistics?: BalloonStatistics;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

function statisticsOf(value: unknown): BalloonStatistics | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const found = value as Readonly<Record<string, unknown>>;
  const names = STATISTICS.filter((name) => isCount(found[name]));
  return Object.fromEntries(names.map((name) => [name, found[name]]));
}

/**
 * The answer of a balloon's back end, which talks to the guest and is not trusted; undefined if it is
 * none.
 */
export function balloonReportOf(answer: unknown): BalloonReport | undefined {
  if (typeof answer !== 'object' || answer === null) {
    return undefined;
  }
  const { target, actual, hasDriver, statistics } = answer as Readonly<Record<string, unknown>>;
  if (!isCount(target) || !isCount(actual) || typeof hasDriver !== 'boolean') {
    return undefined;
  }
  const known = statisticsOf(statistics);
  return { target, actual, hasDriver, ...(known && { statistics: known }) };
}

import { join } from 'node:path';

/** Where the bundled programs are. */
export const DIST = __dirname;

/** Where results are written to. */
export const RESULTS = process.env.CROSVM_BENCH_RESULTS ?? join(DIST, 'results');

/** Where the benchmark's sources in C are. */
export const SOURCES = join(DIST, '../bench');

/** crosvm, as it was built. */
export const CROSVM_MAIN = join(DIST, '../../crosvm/dist/main.js');

/** How often each figure is measured. */
export const ROUNDS = positive('CROSVM_BENCH_ROUNDS', 5);

/** Exits of a measurement. */
export const EXITS = positive('CROSVM_BENCH_EXITS', 100_000);

/** Milliseconds that each load on a disk is kept up, and half of that before. */
export const LOAD_MS = 1000 * positive('CROSVM_BENCH_SECONDS', 1);

/** Of the loads on disks, those whose id (`randread-32`, for instance) matches. */
export const LOADS_PATTERN = new RegExp(process.env.CROSVM_BENCH_LOADS ?? '');

/** MiB of a disk. */
export const DISK_MIB = positive('CROSVM_BENCH_DISK_MIB', 256);

function positive(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!(value > 0)) {
    throw new Error(`${name} is '${process.env[name]}', not a positive number`);
  }
  return value;
}

/**
 * An environment variable that a part of the benchmark cannot do without.
 * @throws Error if it is not set
 */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`set ${name} (see tools/guest-images)`);
  }
  return value;
}

import { MAX_VCPUS } from './layout';

/**
 * Checks the number of a guest's CPUs.
 * @throws RangeError unless it is an integer from 1 to MAX_VCPUS
 */
export function checkCpuCount(cpus: number): void {
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_VCPUS) {
    throw new RangeError(`bad number of CPUs: ${cpus}, not 1 to ${MAX_VCPUS}`);
  }
}

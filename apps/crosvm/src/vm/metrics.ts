import type { DeviceCounts } from '@crosvm/devices';
import type { Logger } from '@crosvm/sys-util';

import type { VmMetrics } from '../metrics/vm-metrics';
import type { HostedDevice } from './device-plan';
import { type ExitCounts, VcpuCounters } from './vcpu-counters';

/** What is counted of a VM. */
export interface MetricsSources {
  readonly cpus: number;
  /** What `VcpuCounters.create` made for its vCPUs. */
  readonly exits: SharedArrayBuffer;
  readonly devices: readonly HostedDevice[];
}

/** Reads what a VM's vCPUs and devices count, in memory that they share: nobody is asked, or held up. */
export class MetricsReader {
  readonly #began = performance.now();
  readonly #vcpus: readonly VcpuCounters[];
  readonly #devices: readonly HostedDevice[];

  constructor({ cpus, exits, devices }: MetricsSources) {
    this.#vcpus = Array.from({ length: cpus }, (_, index) => new VcpuCounters(exits, index));
    this.#devices = devices;
  }

  /** What they stand at. What a device host counts is as true as the host is honest. */
  read(): VmMetrics {
    return {
      uptimeMs: Math.round(performance.now() - this.#began),
      vcpus: this.#vcpus.map((vcpu, index) => ({ index, exits: vcpu.read() })),
      devices: this.#devices.map(({ name, plan, counters }) => ({
        name,
        kind: plan.kind === 'virtio' ? plan.backEnd.device : plan.kind,
        counts: counters.read(),
      })),
    };
  }
}

/** Logs what a VM has done, at the level `debug`: a line for each vCPU and each device. */
export function logMetrics(log: Logger, { vcpus, devices }: VmMetrics): void {
  if (log.isEnabled('debug')) {
    vcpus.forEach(({ index, exits }) => log.debug(`vCPU ${index} exits: ${list(exits)}`));
    devices.forEach(({ name, counts }) => log.component(name).debug(`counted: ${list(counts)}`));
  }
}

/** Names and numbers, without what never happened. */
function list(counts: ExitCounts | DeviceCounts): string {
  const some = Object.entries<number>({ ...counts }).filter(([, count]) => count > 0);
  return some.map(([name, count]) => `${name} ${count}`).join(', ') || 'nothing';
}

import type { DeviceCounts } from '@crosvm/devices';
import type { Result } from '@crosvm/vm-control';

import type { VmMetrics } from '../metrics/vm-metrics';
import type { ExitCounts } from '../vm/vcpu-counters';

/** What a VMM of this version counts, out of what it says of itself. */
export function metricsOf({ uptimeMs, vcpus = [], devices }: Result<'status'>): VmMetrics {
  return {
    uptimeMs,
    vcpus: vcpus.map(({ index, exits }) => ({ index, exits: exits as unknown as ExitCounts })),
    devices: devices.flatMap(({ name, kind, counters }) =>
      kind === undefined || counters === undefined
        ? []
        : [{ name, kind, counts: counters as unknown as DeviceCounts }],
    ),
  };
}

import type { DeviceCounts } from '@crosvm/devices';

import type { ExitCounts } from '../vm/vcpu-counters';

/** What a VM has done since it was started: plain data, as JSON can be. */
export interface VmMetrics {
  /** Milliseconds that it has been there. */
  readonly uptimeMs: number;
  readonly vcpus: readonly VcpuMetrics[];
  /** Devices that have a back end, in the order in which they were made. */
  readonly devices: readonly DeviceMetrics[];
}

/** What a vCPU has done. */
export interface VcpuMetrics {
  readonly index: number;
  readonly exits: ExitCounts;
}

/** What a device has done. */
export interface DeviceMetrics {
  /** As in messages, such as `disk vda`. */
  readonly name: string;
  /** The name of its module, such as `block`, or `serial`. */
  readonly kind: string;
  readonly counts: DeviceCounts;
}

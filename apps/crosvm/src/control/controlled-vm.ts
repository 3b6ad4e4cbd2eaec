import type { DeviceStatus, VmState } from '@crosvm/vm-control';

import type { LiveDevices } from '../vm/live-devices';
import type { MetricsReader } from '../vm/metrics';
import type { VmEnd } from '../vm/vm-end';

/** A VM as its control socket sees it. */
export interface ControlledVm {
  readonly state: VmState;
  /** Milliseconds since the guest began to run. */
  readonly uptimeMs: number;
  readonly devices: readonly DeviceStatus[];
  /** What its vCPUs and devices have done; undefined until it has any. */
  readonly metrics: MetricsReader | undefined;
  /** What can be asked of its devices; undefined until it has any. */
  readonly live: LiveDevices | undefined;
  /** Stops the guest and its devices where they are. @throws RefusedError */
  suspend(): Promise<void>;
  /** Lets them go on. @throws RefusedError */
  resume(): Promise<void>;
  /** Presses the power button. @throws RefusedError */
  pressPowerButton(): void;
  /** Ends it, for that reason. */
  end(why: VmEnd): void;
}

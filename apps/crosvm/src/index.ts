export {
  ConfigError,
  ControlFailedError,
  ExpectError,
  StartError,
  VirtualMachineError,
  type VirtualMachineErrorCode,
} from './api/errors';
export type { ExitReason } from './api/exit-reason';
export {
  VirtualMachine,
  type VirtualMachineConfig,
  type VirtualMachineEvents,
  type VirtualMachineOptions,
} from './api/virtual-machine';
export { type Expected, type ExpectOptions, VmConsole } from './api/vm-console';
export type { BalloonState, BalloonStatistics, VmStatus } from './api/vm-status';
export type { DeviceMetrics, VcpuMetrics, VmMetrics } from './metrics/vm-metrics';
export type { ExitCounts } from './vm/vcpu-counters';

export { RunState, SharedRunState } from './vm/run-state';
export { VcpuCounters } from './vm/vcpu-counters';
export { VcpuLoop, type VcpuParts } from './vm/vcpu-loop';

export { RunState, SharedRunState } from './vm/run-state';
export { VcpuLoop, type VcpuParts } from './vm/vcpu-loop';

import { kvmKind, PVM_HINT } from '../../host/cpu-info';
import { HOST_PATHS, type HostPaths } from '../../host/host-paths';
import { openKvm } from '../../host/open-kvm';
import { errorFinding } from '../error-finding';
import type { Finding } from '../finding';

/** Whether KVM is there, may be used, and has what every VM needs. */
export function checkKvmUse(paths: HostPaths = HOST_PATHS): Finding {
  const name = 'kvm';
  try {
    openKvm(1, paths).close();
  } catch (error) {
    return errorFinding(name, error, { verdict: 'failed', without: 'no VM runs' });
  }
  const kind = kvmKind(paths.cpuinfo) === 'hardware' ? 'by hardware (VMX or SVM)' : 'PVM';
  return { name, verdict: 'ok', detail: `${paths.kvm} works: ${kind}` };
}

/** Whether kernels of distributions boot. */
export function checkStockKernels(paths: HostPaths = HOST_PATHS): Finding {
  const name = 'stock-kernels';
  if (kvmKind(paths.cpuinfo) === 'hardware') {
    return { name, verdict: 'ok', detail: 'kernels of distributions boot' };
  }
  return {
    name,
    verdict: 'limited',
    detail: 'the processor has neither VMX nor SVM',
    without: 'kernels that are not made for PVM do not boot, nor may guests with several CPUs',
    remedy: PVM_HINT.replace(/^[^;]*; /, ''),
  };
}

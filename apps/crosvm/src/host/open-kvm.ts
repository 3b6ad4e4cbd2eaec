import { Kvm, KvmUnavailableError } from '@crosvm/kvm';
import {
  KVM_CAP_EXT_CPUID,
  KVM_CAP_HLT,
  KVM_CAP_IMMEDIATE_EXIT,
  KVM_CAP_IOEVENTFD,
  KVM_CAP_IRQCHIP,
  KVM_CAP_IRQ_ROUTING,
  KVM_CAP_IRQFD,
  KVM_CAP_MAX_VCPUS,
  KVM_CAP_MP_STATE,
  KVM_CAP_NR_VCPUS,
  KVM_CAP_PIT2,
  KVM_CAP_SET_IDENTITY_MAP_ADDR,
  KVM_CAP_SET_TSS_ADDR,
  KVM_CAP_USER_MEMORY,
} from '@crosvm/kvm-sys';

import { UserError } from '../user-error';
import { HOST_PATHS } from './host-paths';
import { kvmRemedy } from './kvm-remedy';

/** What every VM of ours uses; by name, because that is what a missing one is told by. */
const REQUIRED: Readonly<Record<string, number>> = {
  KVM_CAP_EXT_CPUID,
  KVM_CAP_HLT,
  KVM_CAP_IMMEDIATE_EXIT,
  KVM_CAP_IOEVENTFD,
  KVM_CAP_IRQCHIP,
  KVM_CAP_IRQ_ROUTING,
  KVM_CAP_IRQFD,
  KVM_CAP_MP_STATE,
  KVM_CAP_PIT2,
  KVM_CAP_SET_IDENTITY_MAP_ADDR,
  KVM_CAP_SET_TSS_ADDR,
  KVM_CAP_USER_MEMORY,
};

/** What a KVM that tells of no number of vCPUs can do, by KVM's documentation. */
const FALLBACK_VCPUS = 4;

/**
 * Opens KVM and checks that it can run a VM with so many vCPUs.
 * @throws UserError with the remedy as hint
 */
export function openKvm(cpus: number, paths = HOST_PATHS): Kvm {
  const kvm = open(paths);
  try {
    checkKvm(kvm, cpus);
  } catch (error) {
    kvm.close();
    throw error;
  }
  return kvm;
}

/**
 * Checks that KVM has the capabilities we need, and room for so many vCPUs.
 * @throws UserError that names what is missing
 */
export function checkKvm(kvm: Pick<Kvm, 'checkExtension'>, cpus: number): void {
  const missing = Object.entries(REQUIRED)
    .filter(([, capability]) => kvm.checkExtension(capability) <= 0)
    .map(([name]) => name);
  if (missing.length > 0) {
    throw new UserError(`this machine's KVM lacks ${missing.join(', ')}`, {
      hint: 'run a newer kernel on this machine',
    });
  }
  const most =
    kvm.checkExtension(KVM_CAP_MAX_VCPUS) || kvm.checkExtension(KVM_CAP_NR_VCPUS) || FALLBACK_VCPUS;
  if (cpus > most) {
    throw new UserError(`--cpus ${cpus} is more than this machine's KVM can run`, {
      hint: `say --cpus ${most} or less`,
    });
  }
}

function open(paths: typeof HOST_PATHS): Kvm {
  try {
    return Kvm.open(paths.kvm);
  } catch (cause) {
    throw cause instanceof KvmUnavailableError
      ? new UserError(cause.message, { cause, hint: kvmRemedy(cause, paths) })
      : cause;
  }
}

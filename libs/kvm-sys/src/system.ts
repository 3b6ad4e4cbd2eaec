import { flexible, io, iowr, struct, u32 } from '@crosvm/data-model';

import { KVMIO } from './kvmio';

/* ioctls of the system fd, `/dev/kvm`. */

/** The only version of the API that programs shall accept; KVM has answered it since Linux 2.6.22. */
export const KVM_API_VERSION = 12;

/** List of MSR indices; `nmsrs` says how many there is room for, then how many there are. */
export const kvm_msr_list = struct('kvm_msr_list', {
  nmsrs: u32,
  indices: flexible(u32),
});

/** Answers KVM_API_VERSION. */
export const KVM_GET_API_VERSION = io('KVM_GET_API_VERSION', KVMIO, 0x00);
/** Makes a VM of the machine type that is the argument (0: the default); answers its fd. */
export const KVM_CREATE_VM = io('KVM_CREATE_VM', KVMIO, 0x01);
/** The MSRs that KVM_GET_MSRS and KVM_SET_MSRS know of a vCPU. */
export const KVM_GET_MSR_INDEX_LIST = iowr('KVM_GET_MSR_INDEX_LIST', KVMIO, 0x02, kvm_msr_list);
/** Asks for a capability (KVM_CAP_*); 0 is no. Of the VM fd too: KVM_CAP_CHECK_EXTENSION_VM. */
export const KVM_CHECK_EXTENSION = io('KVM_CHECK_EXTENSION', KVMIO, 0x03);
/** Answers how many bytes of a vCPU fd to map. */
export const KVM_GET_VCPU_MMAP_SIZE = io('KVM_GET_VCPU_MMAP_SIZE', KVMIO, 0x04);
/** The MSRs that tell features of the host: KVM_CAP_GET_MSR_FEATURES. */
export const KVM_GET_MSR_FEATURE_INDEX_LIST = iowr(
  'KVM_GET_MSR_FEATURE_INDEX_LIST',
  KVMIO,
  0x0a,
  kvm_msr_list,
);

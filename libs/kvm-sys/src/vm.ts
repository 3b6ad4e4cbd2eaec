import { array, bytes, io, ior, iow, struct, u32, u64, addr64, iowr } from '@crosvm/data-model';

import { KVMIO } from './kvmio';

/** kvm-clock of a VM, in nanoseconds. */
export const kvm_clock_data = struct('kvm_clock_data', {
  clock: u64,
  flags: u32,
  pad0: u32,
  realtime: u64,
  host_tsc: u64,
  pad: array(u32, 4),
});

/** `kvm_clock_data.flags`: all vCPUs see the same clock. */
export const KVM_CLOCK_TSC_STABLE = 2;
/** `kvm_clock_data.flags`: `realtime` is valid. */
export const KVM_CLOCK_REALTIME = 4;
/** `kvm_clock_data.flags`: `host_tsc` is valid. */
export const KVM_CLOCK_HOST_TSC = 8;

/** A capability to switch on, with its arguments. */
export const kvm_enable_cap = struct('kvm_enable_cap', {
  cap: u32,
  flags: u32,
  args: array(u64, 4),
  pad: bytes(64),
});

/** KVM_CAP_X2APIC_API: 32-bit APIC ids in routes and the LAPIC state. */
export const KVM_X2APIC_API_USE_32BIT_IDS = 1;
/** KVM_CAP_X2APIC_API: 0xff is no broadcast in x2APIC mode. */
export const KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK = 2;
/** KVM_CAP_X86_DISABLE_EXITS */
export const KVM_X86_DISABLE_EXITS_MWAIT = 1;
/** KVM_CAP_X86_DISABLE_EXITS */
export const KVM_X86_DISABLE_EXITS_HLT = 2;
/** KVM_CAP_X86_DISABLE_EXITS */
export const KVM_X86_DISABLE_EXITS_PAUSE = 4;
/** KVM_CAP_X86_DISABLE_EXITS */
export const KVM_X86_DISABLE_EXITS_CSTATE = 8;
/** KVM_CAP_X86_USER_SPACE_MSR: exit where KVM would inject #GP for the value or access. */
export const KVM_MSR_EXIT_REASON_INVAL = 1;
/** KVM_CAP_X86_USER_SPACE_MSR: exit where KVM does not know the MSR. */
export const KVM_MSR_EXIT_REASON_UNKNOWN = 2;
/** KVM_CAP_X86_USER_SPACE_MSR: exit where the MSR filter denies. */
export const KVM_MSR_EXIT_REASON_FILTER = 4;

/** A range of MSRs and a bitmap, at an address of this process, of which are let through. */
export const kvm_msr_filter_range = struct('kvm_msr_filter_range', {
  flags: u32,
  nmsrs: u32,
  base: u32,
  bitmap: addr64,
});

/** Most ranges of a filter. */
export const KVM_MSR_FILTER_MAX_RANGES = 16;

/** Which MSRs KVM handles itself. */
export const kvm_msr_filter = struct('kvm_msr_filter', {
  flags: u32,
  ranges: array(kvm_msr_filter_range, KVM_MSR_FILTER_MAX_RANGES),
});

/** `kvm_msr_filter_range.flags` */
export const KVM_MSR_FILTER_READ = 1;
/** `kvm_msr_filter_range.flags` */
export const KVM_MSR_FILTER_WRITE = 2;
/** `kvm_msr_filter.flags` */
export const KVM_MSR_FILTER_DEFAULT_ALLOW = 0;
/** `kvm_msr_filter.flags` */
export const KVM_MSR_FILTER_DEFAULT_DENY = 1;

/** An in-kernel device to make; the kernel fills `fd`. */
export const kvm_create_device = struct('kvm_create_device', {
  type: u32,
  fd: u32,
  flags: u32,
});

/** An attribute of a device, VM or vCPU; its value is at address `addr` of this process. */
export const kvm_device_attr = struct('kvm_device_attr', {
  flags: u32,
  group: u32,
  attr: u64,
  addr: addr64,
});

/** `kvm_create_device.flags`: only ask whether the type is supported. */
export const KVM_CREATE_DEVICE_TEST = 1;
/** `kvm_create_device.type` */
export const KVM_DEV_TYPE_VFIO = 4;
/** `kvm_device_attr.group` of a vCPU. Source: asm/kvm.h. */
export const KVM_VCPU_TSC_CTRL = 0;
/** `kvm_device_attr.attr` of group KVM_VCPU_TSC_CTRL: a u64 that is added to the host's TSC. */
export const KVM_VCPU_TSC_OFFSET = 0;

/** `kvm_device_attr.group` of a VFIO device. */
export const KVM_DEV_VFIO_GROUP = 1;
/** `kvm_device_attr.attr` of group KVM_DEV_VFIO_GROUP. */
export const KVM_DEV_VFIO_GROUP_ADD = 1;
/** `kvm_device_attr.attr` of group KVM_DEV_VFIO_GROUP. */
export const KVM_DEV_VFIO_GROUP_DEL = 2;

/** VM fd: makes a vCPU with the id that is the argument; answers its fd. */
export const KVM_CREATE_VCPU = io('KVM_CREATE_VCPU', KVMIO, 0x41);
/** VM fd: which vCPU is the bootstrap processor; before the first vCPU. */
export const KVM_SET_BOOT_CPU_ID = io('KVM_SET_BOOT_CPU_ID', KVMIO, 0x78);
/** VM fd. KVM_CAP_ADJUST_CLOCK. */
export const KVM_SET_CLOCK = iow('KVM_SET_CLOCK', KVMIO, 0x7b, kvm_clock_data);
/** VM fd. KVM_CAP_ADJUST_CLOCK. */
export const KVM_GET_CLOCK = ior('KVM_GET_CLOCK', KVMIO, 0x7c, kvm_clock_data);
/** VM and vCPU fd: switches a capability on. KVM_CAP_ENABLE_CAP, KVM_CAP_ENABLE_CAP_VM. */
export const KVM_ENABLE_CAP = iow('KVM_ENABLE_CAP', KVMIO, 0xa3, kvm_enable_cap);
/** VM fd. KVM_CAP_X86_MSR_FILTER. */
export const KVM_X86_SET_MSR_FILTER = iow('KVM_X86_SET_MSR_FILTER', KVMIO, 0xc6, kvm_msr_filter);
/** VM and vCPU fd: answers a new fd to read statistics from. KVM_CAP_BINARY_STATS_FD. */
export const KVM_GET_STATS_FD = io('KVM_GET_STATS_FD', KVMIO, 0xce);
/** VM fd. KVM_CAP_DEVICE_CTRL. */
export const KVM_CREATE_DEVICE = iowr('KVM_CREATE_DEVICE', KVMIO, 0xe0, kvm_create_device);
/** Device, VM and vCPU fd. */
export const KVM_SET_DEVICE_ATTR = iow('KVM_SET_DEVICE_ATTR', KVMIO, 0xe1, kvm_device_attr);
/** Device, VM and vCPU fd. */
export const KVM_GET_DEVICE_ATTR = iow('KVM_GET_DEVICE_ATTR', KVMIO, 0xe2, kvm_device_attr);
/** Device, VM and vCPU fd. */
export const KVM_HAS_DEVICE_ATTR = iow('KVM_HAS_DEVICE_ATTR', KVMIO, 0xe3, kvm_device_attr);

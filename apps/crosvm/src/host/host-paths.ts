/** Where the host tells of itself; tests give paths of their own. */
export interface HostPaths {
  /** The device of KVM. */
  readonly kvm: string;
  /** Exists where the running kernel has KVM, also in a container that has no device for it. */
  readonly kvmClass: string;
  readonly cpuinfo: string;
  readonly meminfo: string;
  /** The CPUs that are online, as a list of ranges. */
  readonly onlineCpus: string;
  readonly groups: string;
}

/** The paths of Linux. */
export const HOST_PATHS: HostPaths = {
  kvm: '/dev/kvm',
  kvmClass: '/sys/class/misc/kvm',
  cpuinfo: '/proc/cpuinfo',
  meminfo: '/proc/meminfo',
  onlineCpus: '/sys/devices/system/cpu/online',
  groups: '/etc/group',
};

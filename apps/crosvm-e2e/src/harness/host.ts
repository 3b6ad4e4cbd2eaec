import { accessSync, constants, readFileSync } from 'node:fs';

/** How fast this machine runs guests, and which. */
export type HostKind =
  /** VT-x or AMD-V: any kernel, fast. */
  | 'hardware'
  /** The nested host: any kernel, and everything slowly. */
  | 'emulated'
  /** A KVM without either: only kernels that know it; what a guest has of its VMM is slow. */
  | 'software';

/** What this machine is. */
export const HOST_KIND = readHostKind();

/** May `/dev/kvm` be used? */
export function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The numbers of this machine's CPUs that we may use. */
export function hostCpus(): readonly number[] {
  const status = readFileSync('/proc/self/status', 'latin1');
  const ranges = /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1]?.split(',') ?? [];
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function readHostKind(): HostKind {
  const cpuinfo = readFileSync('/proc/cpuinfo', 'latin1');
  // What QEMU's software emulation calls its processors.
  if (cpuinfo.includes('QEMU TCG CPU')) {
    return 'emulated';
  }
  return /^flags\s*:.* (?:vmx|svm)(?: |$)/m.test(cpuinfo) ? 'hardware' : 'software';
}

import { readFileSync } from 'node:fs';

/**
 * Whether KVM runs guests on the CPU's own virtualization. Where it does not, an instruction at a
 * time is interpreted, and some are not: INT3, INT n and IRETQ among them.
 */
export function hasHardwareVirtualization(): boolean {
  return /^flags\b.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
}

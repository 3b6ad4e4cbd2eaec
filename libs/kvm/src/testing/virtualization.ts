import { readFileSync } from 'node:fs';

/**
 * How KVM runs guests here:
 * - `hardware`: by the CPU's own virtualization
 * - `emulated`: the same, but the CPU itself is QEMU's emulation, which has neither breakpoints nor
 *   all exceptions of guests right
 * - `interpreted`: without it (PVM); the kernel interprets an instruction at a time, and not all of
 *   them: not INT3, INT n, or IRETQ
 */
export type Virtualization = 'hardware' | 'emulated' | 'interpreted';

/** How KVM runs guests on this machine, as far as /proc/cpuinfo tells. */
export function virtualization(): Virtualization {
  const cpuinfo = readFileSync('/proc/cpuinfo', 'utf8');
  if (!/^flags\b.*\b(vmx|svm)\b/m.test(cpuinfo)) {
    return 'interpreted';
  }
  return /^model name\b.*\bQEMU TCG\b/m.test(cpuinfo) ? 'emulated' : 'hardware';
}

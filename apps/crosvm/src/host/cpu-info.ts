import { closeSync, openSync, readSync } from 'node:fs';

import { HOST_PATHS } from './host-paths';

/** The first processor's part; the whole is long on large machines, and slow to make. */
const FIRST_PART_BYTES = 8192;

/** What the host's processor says of virtualization. */
export interface CpuInfo {
  /** Intel's virtualization. */
  readonly vmx: boolean;
  /** AMD's virtualization. */
  readonly svm: boolean;
  /** The host is itself a virtual machine. */
  readonly hypervisor: boolean;
}

/** How the host's KVM runs guests; only tells something where KVM works. */
export type KvmKind =
  /** By VMX or SVM: runs any kernel. */
  | 'hardware'
  /** In software (PVM): runs kernels that know its interface, and no stock ones. */
  | 'pvm';

const NESTED_HOST = 'use bin/nested-host -- crosvm run ...';

/** What to say when a kernel does not come up on a KVM of kind `pvm`. */
export const PVM_HINT = `this machine's KVM is PVM: it runs no stock kernels; ${NESTED_HOST}`;

/** The same of a guest with several CPUs, of which the kernel may not be the reason. */
const PVM_SMP_HINT =
  "this machine's KVM is PVM: it may run no second CPU (try -c 1), and it runs no stock kernels; " +
  NESTED_HOST;

/** What to say of a guest that crashed: nothing where KVM can run any. */
export function crashHint(cpus: number, kind = kvmKind()): string | undefined {
  if (kind === 'hardware') {
    return undefined;
  }
  return cpus === 1 ? PVM_HINT : PVM_SMP_HINT;
}

/** Reads the flags of the first processor; without the file there are none. */
export function readCpuInfo(path = HOST_PATHS.cpuinfo): CpuInfo {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readStart(path))?.[1]?.trim().split(/\s+/));
  return { vmx: flags.has('vmx'), svm: flags.has('svm'), hypervisor: flags.has('hypervisor') };
}

/** The kind of the host's KVM, taken from the processor's flags. */
export function kvmKind(path = HOST_PATHS.cpuinfo): KvmKind {
  const { vmx, svm } = readCpuInfo(path);
  return vmx || svm ? 'hardware' : 'pvm';
}

function readStart(path: string): string {
  const buffer = Buffer.alloc(FIRST_PART_BYTES);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { basename } from 'node:path';

import { ROUNDS } from './settings';

/** Where the figures come from. */
export interface BenchMachine {
  readonly date: string;
  readonly cpu: string;
  readonly cpuCount: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly kvm: string;
  readonly node: string;
  readonly qemu: string;
  readonly guest: string;
  readonly rounds: number;
  /** Of the last minute, before the first figure: other work on the machine. */
  readonly load: number;
}

function qemuVersion(): string {
  const { error, stdout } = spawnSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' });
  return (error === undefined ? /version (\S+)/.exec(stdout)?.[1] : undefined) ?? 'not there';
}

function kvmKind(): string {
  if (process.env.CROSVM_NESTED_HOST !== undefined) {
    return 'the nested host: KVM on SVM that QEMU emulates';
  }
  const flags = /^flags\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[0] ?? '';
  return /\b(?:vmx|svm)\b/.test(flags)
    ? 'hardware KVM (VMX or SVM)'
    : 'PVM, a KVM without VMX or SVM';
}

/** This machine, now. */
export function thisMachine(): BenchMachine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? 'not known',
    cpuCount: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    kvm: kvmKind(),
    node: process.version,
    qemu: qemuVersion(),
    guest: basename(process.env.CROSVM_GUEST_KERNEL ?? 'none'),
    rounds: ROUNDS,
    load: loadavg()[0] ?? 0,
  };
}

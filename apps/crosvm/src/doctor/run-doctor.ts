import { checkPasst, checkTun, checkVhostNet, checkVsock, checkWayland } from './checks/devices';
import { checkKvmUse, checkStockKernels } from './checks/kvm';
import { checkFreeMemory, checkHugePages, checkLimits } from './checks/memory';
import { checkNamespaces, checkSeccomp } from './checks/sandbox';
import { checkKernel, checkNode } from './checks/system';
import type { Check, Finding } from './finding';

/** All checks, in the order in which they are told. */
export const CHECKS: readonly Check[] = [
  () => checkNode(),
  () => checkKernel(),
  () => checkKvmUse(),
  () => checkStockKernels(),
  () => checkNamespaces(),
  () => checkSeccomp(),
  () => checkFreeMemory(),
  () => checkLimits(),
  () => checkHugePages(),
  () => checkTun(),
  () => checkVhostNet(),
  () => checkVsock(),
  () => checkPasst(),
  () => checkWayland(),
];

/** What the doctor says. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Whether VMs run here, in the way that is the default. */
  readonly healthy: boolean;
}

/** Looks at all of the host. Nothing is changed by it, and nothing is left. */
export function runDoctor(checks = CHECKS): Diagnosis {
  const findings = checks.map((check) => check());
  return { findings, healthy: findings.every(({ verdict }) => verdict !== 'failed') };
}

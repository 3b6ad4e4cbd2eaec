import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { bareMetalProgram } from './bare-metal';
import { type Ability, theGuest } from './guest';
import { hasKvm, HOST_KIND, hostCpus } from './host';
import { DENY_IOCTL, UNSHARE } from './wrappers';

/** Why a test cannot be run here; undefined when it can. */
export type Lack = string | undefined;

/** A test that is run where nothing is missing, and else is reported as skipped, with the reason in its name. */
export function testUnless(
  lack: Lack,
  name: string,
  body: (() => Promise<void>) | (() => void),
): void {
  if (lack === undefined) {
    test(name, body);
  } else {
    test.skip(`${name} (not here: ${lack})`, body);
  }
}

/** Does the guest's kernel lack something? */
export function guestLacks(ability: Ability): Lack {
  return theGuest().abilities.has(ability) ? undefined : `the guest's kernel has no ${ability}`;
}

/** Are the guest's drivers modules, so that it cannot boot from a disk by itself? */
export function guestLacksDrivers(): Lack {
  const { initrd, initrdWithModules } = theGuest();
  return initrd === initrdWithModules ? undefined : "the guest's kernel has its drivers as modules";
}

/** Does the guest's kernel come up with so many CPUs? */
export function guestLacksCpus(count: number): Lack {
  const { maxCpus } = theGuest();
  return maxCpus >= count ? undefined : `the guest's kernel takes ${maxCpus} CPU(s) at most`;
}

/** Does the guest's kernel come up with that much memory, in MiB? */
export function guestLacksMemory(memory: number): Lack {
  const { maxMemory } = theGuest();
  return maxMemory >= memory ? undefined : `the guest's kernel takes ${maxMemory} MiB at most`;
}

/** Has this machine fewer CPUs for us than that? */
export function hostLacksCpus(count: number): Lack {
  const cpus = hostCpus().length;
  return cpus >= count ? undefined : `this machine has ${cpus} CPU(s), not ${count}`;
}

/** Can `/dev/kvm` not be used? */
export function hostLacksKvm(): Lack {
  return hasKvm() ? undefined : 'there is no /dev/kvm that may be used';
}

/** Is this machine's KVM one that runs any kernel, or none at all? */
export function hostLacksPvm(): Lack {
  return hostLacksKvm() ?? (HOST_KIND === 'software' ? undefined : 'this KVM runs stock kernels');
}

/** Can no namespaces be made here? */
export function hostLacksNamespaces(): Lack {
  const [program = '', ...args] = UNSHARE;
  const { status } = spawnSync(program, [...args, 'true'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'no mount namespaces can be made on this machine';
}

/** Was the bare-metal guest not made? */
export function hostLacksBareMetal(): Lack {
  const lack = existsSync(bareMetalProgram('busy')) ? undefined : 'there was no compiler for it';
  return hostLacksKvm() ?? lack;
}

/** Was there no compiler when the tests were built? */
export function hostLacksCompiler(): Lack {
  return existsSync(DENY_IOCTL) ? undefined : 'there was no C compiler when the tests were built';
}

/** Is this an ordinary user? */
export function hostLacksRoot(): Lack {
  return process.getuid?.() === 0 ? undefined : 'only root may do that';
}

/** So many rows of a table are seen under emulation, too. */
const SLOW_ROWS = 2;

/**
 * Is this an emulated machine, where what is seen natively, too, would take too long?
 * @param row of a table of tests, the first of which are not left out
 */
export function tooSlow(row = SLOW_ROWS): Lack {
  return HOST_KIND === 'emulated' && row >= SLOW_ROWS
    ? 'it takes long under emulation, and is seen natively'
    : undefined;
}

/** As `tooSlow`, but for the one of many that is seen under emulation, too. */
export function tooSlowUnless(isChosen: boolean): Lack {
  return isChosen ? undefined : tooSlow();
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Errno, type OwnedFd, SysError } from '@crosvm/sys-util';

import { compileFilter } from '../bpf/compile-filter';
import type { AddressRange } from '../bpf/executable-range';
import type { Policy } from '../policy/policy';
import { checkEssentialCalls, handOverOnly } from './essential-calls';
import { installFilter, installFilterWithListener } from './install-filter';

/** How a process is locked down. */
export interface LockDownOptions {
  /** Memory that may be made executable, whatever the policy says. */
  readonly executable?: readonly AddressRange[];
  /** The supervisor is asked about all calls, whatever the policy says of them. Default: false. */
  readonly record?: boolean;
  /** Whether a supervisor is asked about forbidden calls; else they kill the process. Default: true. */
  readonly supervised?: boolean;
}

/** How the kernel says that nobody can listen to this process. */
const NOT_TO_BE_HAD: ReadonlySet<number> = new Set([Errno.EINVAL, Errno.EBUSY]);

/** Collects garbage, so that there is none to be collected for a while. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/**
 * Lets this process make the system calls that a policy permits and no others, for ever.
 *
 * A forbidden call is not made; a supervisor that listens at the descriptor that is returned is told which
 * it was, and decides what becomes of the process. Until it has the descriptor nobody does: it is to be
 * sent next, by sendmsg. Where the kernel cannot do that (before Linux 5.7), or somebody else listens to the
 * calls of this process (a container's manager; there can be one listener only), a forbidden call kills
 * the process by SIGSYS, and undefined is returned, as it is without a supervisor.
 * @throws EssentialCallError if the policy forbids what every process needs
 * @throws FilterError if the policy is too large
 * @throws SysError; EINVAL or EBUSY if calls are to be recorded and that cannot be had
 */
export function lockDown(policy: Policy, options: LockDownOptions = {}): OwnedFd | undefined {
  const { record = false, supervised = true, ...compileOptions } = options;
  checkEssentialCalls(policy);
  if (!supervised) {
    installFilter(compileFilter(policy, compileOptions));
    return undefined;
  }
  if (record) {
    // Which takes calls that nobody would answer, until the listener is handed over.
    collectGarbage();
  }
  const asking = { ...compileOptions, violation: 'notify' } as const;
  try {
    const asked = record ? handOverOnly(policy) : policy;
    return installFilterWithListener(compileFilter(asked, asking));
  } catch (error) {
    if (record || !(error instanceof SysError && NOT_TO_BE_HAD.has(error.errno))) {
      throw error;
    }
    installFilter(compileFilter(policy, compileOptions));
    return undefined;
  }
}

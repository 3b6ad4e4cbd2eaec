import { Errno, type OwnedFd, SysError } from '@crosvm/sys-util';

import type { AddressRange } from '../bpf/executable-range';
import { compileFilter } from '../bpf/compile-filter';
import type { Policy } from '../policy/policy';
import { installFilter, installFilterWithListener } from './install-filter';

/**
 * Lets this process make the system calls that a policy permits and no others, for ever.
 *
 * A forbidden call is not made; a supervisor that listens at the descriptor that is returned is told which
 * it was, and decides what becomes of the process. Where the kernel cannot do that (before Linux 5.7), a
 * forbidden call kills the process by SIGSYS, and undefined is returned.
 * @param executable memory that may be made executable, whatever the policy says
 * @throws FilterError if the policy is too large
 * @throws SysError
 */
export function lockDown(policy: Policy, executable?: AddressRange): OwnedFd | undefined {
  const options = executable === undefined ? {} : { executable };
  try {
    return installFilterWithListener(compileFilter(policy, { ...options, violation: 'notify' }));
  } catch (error) {
    if (!(error instanceof SysError && error.errno === Errno.EINVAL)) {
      throw error;
    }
    installFilter(compileFilter(policy, options));
    return undefined;
  }
}

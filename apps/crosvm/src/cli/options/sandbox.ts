import type { RunConfig } from '../../config';
import type { OptionGroup } from '../option-group';
import { UsageError } from '../usage-error';

/** How devices are kept apart from the rest. */
export const sandboxOptions: OptionGroup<
  Pick<RunConfig, 'sandbox' | 'seccompPolicyDir' | 'seccompLogFailures'>
> = {
  title: 'Sandbox',
  options: [
    {
      name: 'disable-sandbox',
      help: 'Run the devices inside this process, instead of each in a jailed one of its own',
    },
    {
      name: 'seccomp-policy-dir',
      value: 'PATH',
      help: "Directory of the devices' seccomp policies. Default: /usr/share/policy/crosvm if there is one, else those that come with crosvm",
    },
    {
      name: 'seccomp-log-failures',
      help: 'Log and make system calls that a policy forbids, instead of ending the VM; for writing policies',
    },
  ],
  read(values) {
    const seccompPolicyDir = values.one('seccomp-policy-dir');
    const sandbox = !values.has('disable-sandbox');
    const seccompLogFailures = values.has('seccomp-log-failures');
    if (seccompPolicyDir === '') {
      throw new UsageError('--seccomp-policy-dir needs a path that is not empty');
    }
    if (!sandbox && (seccompLogFailures || seccompPolicyDir !== undefined)) {
      throw new UsageError('without a sandbox there are no seccomp policies');
    }
    return {
      sandbox,
      seccompLogFailures,
      ...(seccompPolicyDir !== undefined && { seccompPolicyDir }),
    };
  },
};

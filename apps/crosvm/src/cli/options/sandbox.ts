import type { RunConfig } from '../../config';
import type { OptionGroup } from '../option-group';
import type { OptionValues } from '../option-values';
import { UsageError } from '../usage-error';

type SandboxConfig = Pick<
  RunConfig,
  'sandbox' | 'seccompPolicyDir' | 'seccompLogFailures' | 'seccompRecord'
>;

/** @throws UsageError if it is empty */
function pathOf(values: OptionValues, name: string): string | undefined {
  const path = values.one(name);
  if (path === '') {
    throw new UsageError(`--${name} needs a path that is not empty`);
  }
  return path;
}

/** How devices are kept apart from the rest. */
export const sandboxOptions: OptionGroup<SandboxConfig> = {
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
    {
      name: 'seccomp-record',
      value: 'PATH',
      help: 'Write all system calls of the devices to this file, and forbid none, which is slow; for writing policies',
    },
  ],
  read(values) {
    const seccompPolicyDir = pathOf(values, 'seccomp-policy-dir');
    const seccompRecord = pathOf(values, 'seccomp-record');
    const sandbox = !values.has('disable-sandbox');
    const seccompLogFailures = values.has('seccomp-log-failures');
    const isForPolicies =
      seccompLogFailures || seccompPolicyDir !== undefined || seccompRecord !== undefined;
    if (!sandbox && isForPolicies) {
      throw new UsageError('without a sandbox there are no seccomp policies');
    }
    return {
      sandbox,
      seccompLogFailures,
      ...(seccompPolicyDir !== undefined && { seccompPolicyDir }),
      ...(seccompRecord !== undefined && { seccompRecord }),
    };
  },
};

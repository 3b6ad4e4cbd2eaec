import { COMMANDS } from '../control/commands';
import { helpOption, versionOption } from './options/general';
import type { HelpPage } from './render-help';

/** The help text of crosvm as a whole. */
export const mainHelp: HelpPage = {
  usage: 'crosvm COMMAND [OPTIONS]',
  text: 'Runs virtual machines on Linux/KVM.',
  commands: [
    ['run', 'Boot a kernel in a new virtual machine'],
    ...Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const),
    ['top', 'Show what the vCPUs and devices of a virtual machine do'],
    ['create_qcow2', 'Make an empty disk image that grows as it is written'],
    ['doctor', 'Say what works on this machine, what does not, and what mends it'],
    ['config-schema', 'Print the JSON schema of configuration files'],
    ['completion', 'Print what makes a shell complete the options'],
    ['version', 'Show the version'],
  ],
  groups: [{ title: 'Options', options: [helpOption, versionOption] }],
  examples: [
    ['Boot a kernel with the console on this terminal', 'crosvm run vmlinux'],
    ['Show the options of a virtual machine', 'crosvm run --help'],
  ],
};

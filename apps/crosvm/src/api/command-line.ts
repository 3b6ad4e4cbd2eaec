import { VM_OPTIONS } from '../cli/parse-run';
import { UserError } from '../user-error';
import { checkConfig } from '../vm-config/check-config';
import { givenOptions } from '../vm-config/given-options';
import type { VmConfig } from '../vm-config/schema';
import { ConfigError } from './errors';

/** The options, and after them what begins with a dash and is none. */
function argumentsOf(config: VmConfig): string[] {
  const options = givenOptions(config, VM_OPTIONS).map(({ name, value }) => {
    const takesValue = VM_OPTIONS.some((spec) => spec.name === name && spec.value !== undefined);
    return takesValue ? `--${name}=${value}` : `--${name}`;
  });
  return [...options, '--', config.kernel ?? ''];
}

/**
 * The arguments of `crosvm run` that say what a configuration says.
 * @throws ConfigError if its form is wrong; what the values mean `crosvm run` checks
 */
export function commandLine(config: VmConfig): string[] {
  try {
    const checked = checkConfig(config);
    if (checked.kernel === undefined) {
      throw new ConfigError('no kernel is given', 'name it: { kernel: "vmlinux" }');
    }
    const args = argumentsOf(checked);
    if (args.some((argument) => argument.includes('\0'))) {
      throw new ConfigError('a text of the configuration has a NUL in it');
    }
    return args;
  } catch (error) {
    throw error instanceof UserError ? new ConfigError(error.message, error.hint) : error;
  }
}

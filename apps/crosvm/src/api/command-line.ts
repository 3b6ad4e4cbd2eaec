import { type GivenOption, OptionValues } from '../cli/option-values';
import { commandOf, VM_OPTIONS } from '../cli/parse-run';
import { UserError } from '../user-error';
import { checkConfig } from '../vm-config/check-config';
import { givenOptions } from '../vm-config/given-options';
import type { VmConfig } from '../vm-config/schema';
import { ConfigError } from './errors';

/** The options, and after them what begins with a dash and is none. */
function argumentsOf(given: readonly GivenOption[], kernel: string): string[] {
  const options = given.map(({ name, value }) => {
    const takesValue = VM_OPTIONS.some((spec) => spec.name === name && spec.value !== undefined);
    return takesValue ? `--${name}=${value}` : `--${name}`;
  });
  return [...options, '--', kernel];
}

/**
 * The arguments of `crosvm run` that say what a configuration says.
 * @throws ConfigError for what `crosvm run` would refuse
 */
export function commandLine(config: VmConfig): string[] {
  try {
    const checked = checkConfig(config);
    const { kernel } = checked;
    if (kernel === undefined) {
      throw new ConfigError('no kernel is given', 'name it: { kernel: "vmlinux" }');
    }
    const given = givenOptions(checked, VM_OPTIONS);
    // What it says is of no use here, but what it refuses is.
    commandOf(new OptionValues(given), [kernel]);
    const args = argumentsOf(given, kernel);
    if (args.some((argument) => argument.includes('\0'))) {
      throw new ConfigError('a text of the configuration has a NUL in it');
    }
    return args;
  } catch (error) {
    throw error instanceof UserError ? new ConfigError(error.message, error.hint) : error;
  }
}

import type { Command } from './command';
import type { OptionSpec } from './option-group';
import { helpOption } from './options/general';
import { parseOptions } from './parse-options';
import { quote } from './quote';
import { type HelpPage, renderHelp } from './render-help';
import { UsageError } from './usage-error';

const jsonOption: OptionSpec = { name: 'json', help: 'Say it as JSON, for programs' };

/** All options of `doctor`. */
export const DOCTOR_OPTIONS: readonly OptionSpec[] = [jsonOption, helpOption];

/** The help text of `doctor`. */
export const doctorHelp: HelpPage = {
  usage: 'crosvm doctor [OPTIONS]',
  text:
    'Looks at this machine, and says of each part that virtual machines need whether it works, what ' +
    'will not, and what mends it. Exit status: 0 if virtual machines run here, 1 if not.',
  groups: [{ title: 'Options', options: DOCTOR_OPTIONS }],
  examples: [
    ['See what works here', 'crosvm doctor'],
    ['Have a program see it', 'crosvm doctor --json'],
  ],
};

/**
 * Reads the arguments after `crosvm doctor`.
 * @throws UsageError if they cannot be understood
 */
export async function parseDoctor(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parseOptions(args, DOCTOR_OPTIONS);
  if (values.has(helpOption.name)) {
    return { kind: 'print', text: await renderHelp(doctorHelp), stream: 'stdout', exitStatus: 0 };
  }
  const [extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)}`);
  }
  return { kind: 'doctor', json: values.has(jsonOption.name) };
}

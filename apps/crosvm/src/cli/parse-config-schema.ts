import type * as JsonSchema from '../vm-config/json-schema';
import type { Command } from './command';
import { helpOption } from './options/general';
import { parseOptions } from './parse-options';
import { quote } from './quote';
import { type HelpPage, renderHelp } from './render-help';
import { UsageError } from './usage-error';

/** The help text of `config-schema`. */
export const configSchemaHelp: HelpPage = {
  usage: 'crosvm config-schema',
  text:
    'Prints the JSON schema of the files that crosvm run --config reads. The names are those of the ' +
    'options of crosvm run, in camelCase: cpuAffinity is --cpu-affinity.',
  groups: [{ title: 'Options', options: [helpOption] }],
  examples: [
    ['Have an editor know it: write it to a file', 'crosvm config-schema >crosvm.schema.json'],
  ],
};

/**
 * Reads the arguments after `crosvm config-schema`.
 * @throws UsageError if there are any
 */
export async function parseConfigSchema(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parseOptions(args, [helpOption]);
  if (values.has(helpOption.name)) {
    const text = await renderHelp(configSchemaHelp);
    return { kind: 'print', text, stream: 'stdout', exitStatus: 0 };
  }
  const [extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)}`);
  }
  const { configJsonSchema } = require('../vm-config/json-schema') as typeof JsonSchema;
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  return { kind: 'print', text, stream: 'stdout', exitStatus: 0 };
}

import { version } from '../../package.json';
import { COMMANDS as CONTROL_COMMANDS, type ControlCommandName } from '../control/commands';
import type { Command } from './command';
import { mainHelp } from './main-help';
import { helpOption, versionOption } from './options/general';
import { parseControl } from './parse-control';
import { parseCompletion } from './parse-completion';
import { parseConfigSchema } from './parse-config-schema';
import { parseCreateQcow2 } from './parse-create-qcow2';
import { parseDoctor } from './parse-doctor';
import { parseOptions } from './parse-options';
import { quote } from './quote';
import { renderHelp } from './render-help';
import { parseTop } from './parse-top';
import { parseRun, RUN_OPTIONS } from './parse-run';
import { suggest } from './suggest';
import { UsageError } from './usage-error';

type Parse = (args: readonly string[]) => Command | Promise<Command>;

const COMMANDS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['run', parseRun],
  ...Object.keys(CONTROL_COMMANDS).map((name): [string, Parse] => [
    name,
    (args) => parseControl(name as ControlCommandName, args),
  ]),
  ['top', parseTop],
  ['create_qcow2', parseCreateQcow2],
  ['doctor', parseDoctor],
  ['config-schema', parseConfigSchema],
  ['completion', parseCompletion],
  ['version', parseVersion],
]);

/**
 * What the arguments of the process (without node and the script) ask for.
 * Touches nothing outside but a configuration file: whether files exist and the host can do it is
 * checked later.
 * @throws UsageError if they cannot be understood
 */
export async function parseCommandLine(argv: readonly string[]): Promise<Command> {
  const [name, ...args] = argv;
  if (name === undefined) {
    return { kind: 'print', text: await renderHelp(mainHelp), stream: 'stderr', exitStatus: 2 };
  }
  const parse = COMMANDS.get(name) ?? (name.startsWith('-') ? parseWithoutCommand : undefined);
  if (parse === undefined) {
    throw unknownCommand(name);
  }
  return parse(name.startsWith('-') ? argv : args);
}

async function parseWithoutCommand(argv: readonly string[]): Promise<Command> {
  const [first = ''] = argv;
  const late = RUN_OPTIONS.find(({ name }) => name !== helpOption.name && isOption(first, name));
  if (late !== undefined) {
    throw new UsageError(`option --${late.name} belongs after the command`, {
      hint: `say crosvm run --${late.name} ...`,
    });
  }
  const { values, positionals } = parseOptions(argv, [helpOption, versionOption]);
  if (values.has(helpOption.name)) {
    return { kind: 'print', text: await renderHelp(mainHelp), stream: 'stdout', exitStatus: 0 };
  }
  if (values.has(versionOption.name)) {
    return parseVersion(positionals);
  }
  throw unknownCommand(positionals[0] ?? first);
}

function isOption(argument: string, name: string): boolean {
  return argument === `--${name}` || argument.startsWith(`--${name}=`);
}

function parseVersion(args: readonly string[]): Command {
  const [extra] = args;
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)}`);
  }
  return { kind: 'print', text: `crosvm ${version}\n`, stream: 'stdout', exitStatus: 0 };
}

function unknownCommand(name: string): UsageError {
  const meant = suggest(name, COMMANDS.keys());
  return new UsageError(`unknown command ${quote(name)}`, {
    hint:
      meant === undefined
        ? 'to boot a kernel: crosvm run KERNEL; more with crosvm --help'
        : `did you mean crosvm ${meant}?`,
  });
}

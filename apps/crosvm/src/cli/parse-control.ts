import { type ControlCommandName, COMMANDS } from '../control/commands';
import type { ControlCommand } from '../control/control-command';
import type { Command } from './command';
import { parseInteger } from './integer';
import type { OptionSpec } from './option-group';
import { helpOption } from './options/general';
import { parseOptions } from './parse-options';
import { type HelpPage, renderHelp } from './render-help';
import { UsageError } from './usage-error';

const SECOND_MS = 1000;
const DEFAULT_TIMEOUT_S = 30;
const MAX_TIMEOUT_S = 24 * 60 * 60;

const JSON_OPTION: OptionSpec = {
  name: 'json',
  help: 'Print JSON, a line for each socket: {"socket", "result"} or {"socket", "error"}',
};

const TIMEOUT_OPTION: OptionSpec = {
  name: 'timeout',
  value: 'SECONDS',
  help: `How long it may take (default: ${DEFAULT_TIMEOUT_S})`,
};

/** All options of a command that talks to control sockets. */
export function controlOptionsOf(name: ControlCommandName): readonly OptionSpec[] {
  const command: ControlCommand = COMMANDS[name];
  return [...(command.options ?? []), JSON_OPTION, TIMEOUT_OPTION, helpOption];
}

/** What a command is about, as it is named in help texts. */
function targetOf({ directories = false }: ControlCommand): string {
  return directories ? 'DIRECTORY' : 'SOCKET';
}

/** The help text of a command that talks to control sockets. */
export function controlHelp(name: ControlCommandName): HelpPage {
  const command: ControlCommand = COMMANDS[name];
  const { args, text, example } = command;
  return {
    usage: ['crosvm', name, '[OPTIONS]', ...args, `${targetOf(command)}...`].join(' '),
    text,
    groups: [{ title: 'Options', options: controlOptionsOf(name) }],
    examples: [example],
  };
}

/**
 * Reads the arguments after a command that talks to control sockets.
 * @throws UsageError if they cannot be understood
 */
export async function parseControl(
  name: ControlCommandName,
  argv: readonly string[],
): Promise<Command> {
  const command: ControlCommand = COMMANDS[name];
  const help = controlHelp(name);
  const { values, positionals } = parseOptions(argv, controlOptionsOf(name));
  if (values.has(helpOption.name)) {
    return { kind: 'print', text: await renderHelp(help), stream: 'stdout', exitStatus: 0 };
  }
  const { length } = command.args;
  const sockets = positionals.slice(length);
  if (sockets.length === 0) {
    const [missing = targetOf(command)] = command.args.slice(positionals.length);
    throw new UsageError(`no ${missing} is given`, { hint: `usage: ${help.usage}` });
  }
  const timeout = parseInteger(values.one(TIMEOUT_OPTION.name) ?? String(DEFAULT_TIMEOUT_S), {
    name: '--timeout',
    least: 1,
    most: MAX_TIMEOUT_S,
    unit: 'seconds',
  });
  return {
    kind: 'control',
    perform: command.read(positionals.slice(0, length), values),
    sockets,
    directories: command.directories === true,
    json: values.has(JSON_OPTION.name),
    timeoutMs: timeout * SECOND_MS,
  };
}

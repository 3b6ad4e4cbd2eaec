import { type ControlCommandName, COMMANDS as CONTROL_COMMANDS } from '../../control/commands';
import type { OptionSpec } from '../option-group';
import { mainHelp } from '../main-help';
import { helpOption } from '../options/general';
import { controlOptionsOf } from '../parse-control';
import { CREATE_QCOW2_OPTIONS } from '../parse-create-qcow2';
import { DOCTOR_OPTIONS } from '../parse-doctor';
import { TOP_OPTIONS } from '../parse-top';
import { RUN_OPTIONS } from '../parse-run';
import { SHELLS } from './shells';

/** What a shell has to know of a command. */
export interface CommandSpec {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly options: readonly OptionSpec[];
  /** What stands there besides options: one of some words, or the path of a file; default nothing. */
  readonly argument?: readonly string[] | 'file';
}

type Known = Pick<CommandSpec, 'options' | 'argument'>;

/** Options and arguments of the commands. */
const KNOWN: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['run', { options: RUN_OPTIONS, argument: 'file' }],
  ...Object.keys(CONTROL_COMMANDS).map((name): [string, Known] => [
    name,
    { options: controlOptionsOf(name as ControlCommandName), argument: 'file' },
  ]),
  ['top', { options: TOP_OPTIONS, argument: 'file' }],
  ['create_qcow2', { options: CREATE_QCOW2_OPTIONS, argument: 'file' }],
  ['doctor', { options: DOCTOR_OPTIONS }],
  ['config-schema', { options: [helpOption] }],
  ['completion', { options: [helpOption], argument: SHELLS }],
  ['version', { options: [] }],
]);

/** All commands, with their options: those of the help text. */
export const COMMAND_TABLE: readonly CommandSpec[] = (mainHelp.commands ?? []).map(
  ([name, help]) => ({ name, help, ...(KNOWN.get(name) ?? { options: [helpOption] }) }),
);

/** What the value of an option is, for a shell. */
export type ValueKind = 'none' | 'choice' | 'file' | 'directory' | 'keys' | 'text';

/** What can be completed of the value of an option. */
export function valueKind({ name, value, choices, keys }: OptionSpec): ValueKind {
  if (value === undefined) {
    return 'none';
  }
  if (keys !== undefined) {
    return 'keys';
  }
  if (choices !== undefined) {
    return 'choice';
  }
  if (/\b(PATH|FILE|SOCKET)\b/.test(value)) {
    return name.endsWith('-dir') ? 'directory' : 'file';
  }
  return 'text';
}

/** The first sentence or line of a help text. */
export function summary(help: string): string {
  return /^.*?(?=[.;(]? ?(?:[.;(\n]|$))/.exec(help)?.[0].trim() ?? help;
}

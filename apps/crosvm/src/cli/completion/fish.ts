import type { OptionSpec } from '../option-group';
import { type CommandSpec, summary, valueKind } from './command-table';

/** In single quotes. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** What completes the value of an option. */
function valueArguments(option: OptionSpec): readonly string[] {
  const { choices = [], keys = [], first } = option;
  switch (valueKind(option)) {
    case 'choice':
      return ['-x', '-a', quoted(choices.join(' '))];
    case 'file':
      return ['-r', '-F'];
    case 'directory':
      return ['-x', '-a', quoted('(__fish_complete_directories)')];
    case 'keys':
      if (choices.length > 0) {
        return ['-x', '-a', quoted(choices.join(' '))];
      }
      return first === undefined
        ? ['-x', '-a', quoted(keys.map((key) => `${key}=`).join(' '))]
        : ['-r', '-F'];
    case 'text':
      return ['-x'];
    case 'none':
      return [];
  }
}

function optionLine(command: string, option: OptionSpec): string {
  const { name, short, help } = option;
  return [
    `complete -c crosvm -n ${quoted(`__fish_seen_subcommand_from ${command}`)}`,
    `-l ${name}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    ...valueArguments(option),
    `-d ${quoted(summary(help))}`,
  ].join(' ');
}

function commandLines({ name, help, options, argument }: CommandSpec): readonly string[] {
  const within = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  const rest =
    argument === 'file'
      ? [`complete -c crosvm ${within} -F`]
      : argument && [`complete -c crosvm ${within} -a ${quoted(argument.join(' '))}`];
  return [
    `complete -c crosvm -n __fish_use_subcommand -a ${name} -d ${quoted(help)}`,
    ...options.map((option) => optionLine(name, option)),
    ...(rest ?? []),
  ];
}

/** Commands that make fish complete the commands and options of crosvm. */
export function fishCompletion(commands: readonly CommandSpec[]): string {
  return [
    '# Completion of crosvm for fish: crosvm completion fish | source',
    'complete -c crosvm -f',
    ...commands.flatMap(commandLines),
    '',
  ].join('\n');
}

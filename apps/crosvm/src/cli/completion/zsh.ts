import type { OptionSpec } from '../option-group';
import { type CommandSpec, summary, valueKind } from './command-table';

/** In single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Within a specification of _arguments. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

/** What completes the value of an option. */
function valueAction(option: OptionSpec): string {
  const { choices = [], keys = [], first } = option;
  switch (valueKind(option)) {
    case 'choice':
      return `(${choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'keys':
      if (choices.length > 0) {
        return `(${choices.join(' ')})`;
      }
      return first === undefined ? `_values -s , key ${keys.join(' ')}` : '_files';
    case 'none':
    case 'text':
      return '';
  }
}

/** A specification for each name of an option. */
function optionSpec(option: OptionSpec): string {
  const { name, short, value, help, repeatable = false } = option;
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
  const exclusion = repeatable ? '*' : `(${names.join(' ')})`;
  const takes = value === undefined ? '' : `:${plain(value)}:${valueAction(option)}`;
  return names
    .map((each) => {
      const assigned = each.startsWith('--') ? '=' : '+';
      const sign = value === undefined ? '' : assigned;
      return quoted(`${exclusion}${each}${sign}[${plain(summary(help))}]${takes}`);
    })
    .join(' ');
}

function commandCase({ name, options, argument }: CommandSpec): string {
  const rest =
    argument === 'file' ? "'*:file:_files'" : argument && quoted(`:word:(${argument.join(' ')})`);
  const specs = [...options.map(optionSpec), ...(rest === undefined ? [] : [rest])];
  return `    ${name})\n      _arguments ${specs.join(' \\\n        ')}\n      ;;`;
}

/** A function that makes zsh complete the commands and options of crosvm. */
export function zshCompletion(commands: readonly CommandSpec[]): string {
  const described = commands.map(({ name, help }) => quoted(`${name}:${plain(help)}`));
  return `#compdef crosvm
# Completion of crosvm for zsh: source <(crosvm completion zsh), after compinit

_crosvm() {
  local context state state_descr line
  typeset -A opt_args
  if ((CURRENT == 2)); then
    local -a commands=(${described.join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

compdef _crosvm crosvm
`;
}

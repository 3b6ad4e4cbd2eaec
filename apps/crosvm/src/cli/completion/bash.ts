import type { OptionSpec } from '../option-group';
import { type CommandSpec, valueKind } from './command-table';

const INDENT = '    ';

function optionWords(options: readonly OptionSpec[]): string {
  return options.map(({ name }) => `--${name}`).join(' ');
}

/** `-m|--mem`, as a pattern of `case`. */
function pattern({ name, short }: OptionSpec): string {
  return short === undefined ? `--${name}` : `-${short}|--${name}`;
}

/** What completes the value of an option. */
function valueAction(option: OptionSpec): string {
  const { choices = [], keys = [], first } = option;
  switch (valueKind(option)) {
    case 'choice':
      return `_crosvm_words '${choices.join(' ')}'`;
    case 'file':
      return '_crosvm_files';
    case 'directory':
      return '_crosvm_directories';
    case 'keys':
      return `_crosvm_keys '${keys.join(' ')}' '${choices.join(' ') || (first ?? '')}'`;
    case 'none':
    case 'text':
      return ':';
  }
}

function commandCase({ name, options, argument }: CommandSpec): string {
  const values = options.filter(({ value }) => value !== undefined);
  const rest =
    argument === 'file' ? '_crosvm_files' : `_crosvm_words '${argument?.join(' ') ?? ''}'`;
  return [
    `${name})`,
    ...(values.length === 0
      ? []
      : [
          '  case $option in',
          ...values.map((option) => `    ${pattern(option)}) ${valueAction(option)}; return ;;`),
          '  esac',
        ]),
    `  if [[ $cur == -* ]]; then _crosvm_words '${optionWords(options)}'; else ${rest}; fi`,
    '  ;;',
  ]
    .map((line) => `${INDENT}${line}`)
    .join('\n');
}

/** A script that makes bash complete the commands and options of crosvm. */
export function bashCompletion(commands: readonly CommandSpec[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# Completion of crosvm for bash: source <(crosvm completion bash)

_crosvm_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }

_crosvm_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}

_crosvm_directories() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$cur"))
}

# _crosvm_keys KEYS FIRST: what comes after the last comma; before the first one a file, where FIRST is path,
# or one of the words of FIRST.
_crosvm_keys() {
  if [[ $2 && $cur != *,* ]]; then
    if [[ $2 == path ]]; then _crosvm_files; else _crosvm_words "$2"; fi
    return
  fi
  local before=''
  [[ $cur != *,* ]] || before=\${cur%,*},
  compopt -o nospace 2>/dev/null
  COMPREPLY=($(compgen -P "$before" -S = -W "$1" -- "\${cur##*,}"))
}

_crosvm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]}
  # bash takes --option=value apart.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $option == = && COMP_CWORD -gt 2 ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _crosvm_words '${names} --help --version'
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('\n')}
  esac
}

complete -F _crosvm crosvm
`;
}

import type { Command } from './command';
import type * as Script from './completion/completion-script';
import { type Shell, SHELLS } from './completion/shells';
import { helpOption } from './options/general';
import { parseOptions } from './parse-options';
import { quote } from './quote';
import { type HelpPage, renderHelp } from './render-help';
import { suggest } from './suggest';
import { UsageError } from './usage-error';

const USAGE = `crosvm completion ${SHELLS.join('|')}`;

/** The help text of `completion`. */
export const completionHelp: HelpPage = {
  usage: USAGE,
  text: 'Prints what makes a shell complete the commands and options of crosvm.',
  groups: [{ title: 'Options', options: [helpOption] }],
  examples: [
    ['In this bash', 'source <(crosvm completion bash)'],
    ['In this zsh, after compinit', 'source <(crosvm completion zsh)'],
    ['In this fish', 'crosvm completion fish | source'],
    [
      'In every bash of this user',
      'crosvm completion bash >~/.local/share/bash-completion/completions/crosvm',
    ],
  ],
};

function parseShell(name: string): Shell {
  const shell = SHELLS.find((candidate) => candidate === name);
  if (shell === undefined) {
    const meant = suggest(name, SHELLS);
    throw new UsageError(`the shell must be one of ${SHELLS.join(', ')}, not ${quote(name)}`, {
      ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
    });
  }
  return shell;
}

/**
 * Reads the arguments after `crosvm completion`.
 * @throws UsageError if they cannot be understood
 */
export async function parseCompletion(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parseOptions(args, [helpOption]);
  if (values.has(helpOption.name)) {
    const text = await renderHelp(completionHelp);
    return { kind: 'print', text, stream: 'stdout', exitStatus: 0 };
  }
  const [name, extra] = positionals;
  if (name === undefined) {
    throw new UsageError('no shell is given', { hint: `usage: ${USAGE}` });
  }
  const shell = parseShell(name);
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)}`);
  }
  const { completionScript } = require('./completion/completion-script') as typeof Script;
  return { kind: 'print', text: completionScript(shell), stream: 'stdout', exitStatus: 0 };
}

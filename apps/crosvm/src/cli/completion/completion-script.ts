import { bashCompletion } from './bash';
import { COMMAND_TABLE } from './command-table';
import { fishCompletion } from './fish';
import type { Shell } from './shells';
import { zshCompletion } from './zsh';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** What makes a shell complete the commands and options of crosvm. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell](COMMAND_TABLE);
}

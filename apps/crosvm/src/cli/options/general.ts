import type { OptionSpec } from '../option-group';

/** Shows the help text of a command, or of crosvm. */
export const helpOption: OptionSpec = { name: 'help', short: 'h', help: 'Show this text' };

/** Shows the version of crosvm; where a command could be. */
export const versionOption: OptionSpec = { name: 'version', short: 'V', help: 'Show the version' };

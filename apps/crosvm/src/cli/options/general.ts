import type { OptionSpec } from '../option-group';

/** Shows the help text of a command, or of crosvm. */
export const helpOption: OptionSpec = { name: 'help', short: 'h', help: 'Show this text' };

/** A file with the configuration, on top of which the other options come. */
export const configOption: OptionSpec = {
  name: 'config',
  value: 'PATH',
  help: 'Read options from this file of JSON; those of the command line come on top',
};

/** Says what would be done. */
export const dryRunOption: OptionSpec = {
  name: 'dry-run',
  help: 'Print the configuration and what would be started, as JSON, and end',
};

/** Shows the version of crosvm; where a command could be. */
export const versionOption: OptionSpec = { name: 'version', short: 'V', help: 'Show the version' };

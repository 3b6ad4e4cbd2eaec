import { type ControlCommandName, COMMANDS } from '../control/commands';
import { completionHelp } from './parse-completion';
import { configSchemaHelp } from './parse-config-schema';
import { controlHelp } from './parse-control';
import { doctorHelp } from './parse-doctor';
import { runHelp } from './parse-run';
import { topHelp } from './parse-top';
import type { HelpPage } from './render-help';

/** The help texts of all commands. */
export const HELP_PAGES: readonly HelpPage[] = [
  runHelp,
  ...Object.keys(COMMANDS).map((name) => controlHelp(name as ControlCommandName)),
  topHelp,
  doctorHelp,
  configSchemaHelp,
  completionHelp,
];

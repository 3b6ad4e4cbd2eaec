import { type ControlCommandName, COMMANDS } from '../control/commands';
import { completionHelp } from './parse-completion';
import { configSchemaHelp } from './parse-config-schema';
import { controlHelp } from './parse-control';
import { createQcow2Help } from './parse-create-qcow2';
import { doctorHelp } from './parse-doctor';
import { runHelp } from './parse-run';
import { topHelp } from './parse-top';
import type { HelpPage } from './render-help';

/** The help texts of all commands. */
export const HELP_PAGES: readonly HelpPage[] = [
  runHelp,
  ...Object.keys(COMMANDS).map((name) => controlHelp(name as ControlCommandName)),
  topHelp,
  createQcow2Help,
  doctorHelp,
  configSchemaHelp,
  completionHelp,
];

/* Prints the manual of the command line, in markdown: the build makes the man page of it. */

import { HELP_PAGES } from './cli/help-pages';
import { mainHelp } from './cli/main-help';
import { manualPage } from './manual/manual-page';
import sections from './manual/sections.md';

process.stdout.write(manualPage(mainHelp, HELP_PAGES, sections));

/*
 * To be imported before everything else: ends the process where crosvm cannot run at all, before a
 * module that needs native code or a newer Node.js is loaded and fails in its own words, and leaves a
 * working directory that is no more before there are threads.
 */
import { errorExitStatus, printError } from '../cli/print-error';
import { checkPlatform } from './check-platform';
import { leaveLostDirectory } from './working-directory';

try {
  checkPlatform();
  leaveLostDirectory();
} catch (error) {
  printError(error);
  process.exit(errorExitStatus(error));
}

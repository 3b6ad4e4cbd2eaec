/*
 * To be imported before everything else: ends the process where crosvm cannot run at all, before a
 * module that needs native code or a newer Node.js is loaded and fails in its own words.
 */
import { errorExitStatus, printError } from '../cli/print-error';
import { checkPlatform } from './check-platform';

try {
  checkPlatform();
} catch (error) {
  printError(error);
  process.exit(errorExitStatus(error));
}

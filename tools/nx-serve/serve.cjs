'use strict';

const { spawn } = require('node:child_process');
const { join } = require('node:path');

/** nx passes these to all processes below it, and a second one would end the program at once. */
const PASSED_BY_NX = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs the target's `script` with the arguments as they were typed, in the directory where nx was
 * called. nx's own `run-commands` joins arguments to a line for a shell, which takes them apart again
 * in another way.
 */
module.exports = async function serve({ __unparsed__: args }, { root, target }) {
  PASSED_BY_NX.forEach((signal) => process.on(signal, () => undefined));
  const child = spawn(process.execPath, [join(root, target.options.script), ...args.map(String)], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
  });
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return { success: status === 0 };
};

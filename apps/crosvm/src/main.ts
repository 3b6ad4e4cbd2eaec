#!/usr/bin/env node
import './host/early-check';
import { dismissEarlyWorker } from './vm/early-worker';
import { dismissEarlyZygote } from './vm/early-zygote';

import { parseCommandLine } from './cli/parse-command-line';
import { errorExitStatus, printError } from './cli/print-error';
import { printText } from './cli/print-text';
import type { Command } from './cli/command';
import { settle } from './settle';

async function execute(command: Command): Promise<number> {
  if (command.kind === 'print') {
    await printText(process[command.stream], command.text);
    return command.exitStatus;
  }
  if (command.kind === 'control') {
    const { runControlCommand } = await import('./control/run-control-command.js');
    return runControlCommand(command);
  }
  if (command.kind === 'top') {
    const { topCommand } = await import('./top/top-command.js');
    return topCommand(command);
  }
  if (command.kind === 'doctor') {
    const { doctorCommand } = await import('./doctor/doctor-command.js');
    return doctorCommand(command);
  }
  if (command.kind === 'create-qcow2') {
    const { createQcow2Command } = await import('./create-qcow2-command.js');
    return createQcow2Command(command);
  }
  const { runCommand } = await import('./run-command.js');
  return runCommand(command);
}

/** Tells of an error and returns the exit status. */
function fail(error: unknown, backtrace: boolean): number {
  printError(error, backtrace ? { backtrace } : {});
  return errorExitStatus(error);
}

async function main(): Promise<number> {
  let backtrace = false;
  try {
    const command = await parseCommandLine(process.argv.slice(2));
    backtrace = command.kind === 'run' && command.logging.level === 'debug';
    return await execute(command);
  } catch (error) {
    return fail(error, backtrace);
  }
}

void settle(async () => {
  const status = await main();
  await Promise.all([dismissEarlyWorker(), dismissEarlyZygote()]);
  return status;
});

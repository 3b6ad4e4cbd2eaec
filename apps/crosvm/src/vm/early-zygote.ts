/*
 * Starts the process that device hosts are forked from as soon as this module is loaded, if the command
 * line looks like one that runs a VM with a sandbox: it takes as long to start as everything that comes
 * before the first host, so both are done at once. Imported before anything that is large.
 */

import type * as Module from './zygote-process';
import type { ZygoteProcess } from './zygote-process';

interface EarlyZygote extends ZygoteProcess {
  readonly custom: boolean;
}

let early: EarlyZygote | undefined;

/** Loads native code: not before somebody catches what comes of that. */
function start(custom: boolean): ZygoteProcess {
  const { startZygote } = require('./zygote-process') as typeof Module;
  return startZygote(custom);
}

/** Starts one that will be taken when it is known what for. If it cannot be had, its taker is told. */
export function startEarlyZygote(custom: boolean): void {
  try {
    early = { ...start(custom), custom };
  } catch {
    // Whoever takes one tries again.
  }
}

/**
 * The one that was started early, if it is of the kind that is wanted, or a new one.
 * @throws SysError, UserError as `startZygote`
 */
export function takeZygote(custom: boolean): ZygoteProcess {
  const taken = early?.custom === custom ? early : undefined;
  if (taken === undefined) {
    return start(custom);
  }
  early = undefined;
  return taken;
}

/** Ends the early one if nobody took it, and waits for it. */
export async function dismissEarlyZygote(): Promise<void> {
  if (early !== undefined) {
    const { process: child, socket, gone } = early;
    early = undefined;
    socket.close();
    child.ref();
    child.kill('SIGKILL');
    await gone;
  }
}

const [, , command, ...args] = process.argv;
if (command === 'run' && !args.includes('--disable-sandbox')) {
  startEarlyZygote(args.some((arg) => arg.startsWith('--device')));
}

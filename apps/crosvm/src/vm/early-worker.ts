/*
 * Starts the thread that every VM has, its first vCPU's, as soon as this module is loaded, if the command
 * line looks like one that runs a VM: a worker takes as long to start as everything that comes before
 * its plan, so both are done at once. Imported before anything that is large.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What a worker is sent in place of its first message when there is nothing to do. */
export const NO_WORK = null;

let early: Worker | undefined;

/** What has become of a worker. */
interface Fate {
  /** What it failed of, if it did. */
  error?: unknown;
  /** Once it has ended. */
  exitCode?: number;
}

/** Events come once, and an early worker can end before there is anybody who listens. */
const fates = new WeakMap<Worker, Fate>();

function start(): Worker {
  const worker = new Worker(join(__dirname, 'vcpu-worker.js'), { name: 'vcpu-worker' });
  const fate: Fate = {};
  worker.once('error', (error) => (fate.error = error));
  worker.once('exit', (exitCode) => (fate.exitCode = exitCode));
  fates.set(worker, fate);
  return worker;
}

/** Starts a worker that will be taken when it is known what for. */
export function startEarly(): void {
  early = start();
  early.unref();
}

/**
 * A worker that runs a vCPU: the one that was started early, or a new one. If the early one has failed
 * or ended, its events come again, for whoever listens by the end of this turn.
 */
export function takeWorker(): Worker {
  const worker = early ?? start();
  early = undefined;
  worker.ref();
  replay(worker, { ...fates.get(worker) });
  return worker;
}

function replay(worker: Worker, { error, exitCode }: Fate): void {
  process.nextTick(() => {
    if (error !== undefined && worker.listenerCount('error') > 0) {
      worker.emit('error', error);
    }
    if (exitCode !== undefined) {
      worker.emit('exit', exitCode);
    }
  });
}

/**
 * Ends the early worker if nobody took it, and waits for it. It ends by itself: one that is ended while it
 * loads native code takes the whole process with it.
 */
export async function dismissEarlyWorker(): Promise<void> {
  const worker = early;
  early = undefined;
  if (worker === undefined || fates.get(worker)?.exitCode !== undefined) {
    return;
  }
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.ref();
  worker.postMessage(NO_WORK);
  await ended;
}

if (process.argv[2] === 'run') {
  startEarly();
}

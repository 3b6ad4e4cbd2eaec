/*
 * Starts the threads that every VM has as soon as this module is loaded, if the command line looks
 * like one that runs a VM: a worker takes as long to start as everything that comes before its plan,
 * so both are done at once. Imported before anything that is large.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** The scripts of the threads that a VM is made of. */
export type WorkerScript = 'vcpu-worker' | 'device-thread';

/** What a worker is sent in place of its first message when there is nothing to do. */
export const NO_WORK = null;

/** The first vCPU, and the back ends of the legacy devices. */
const EARLY: readonly WorkerScript[] = ['vcpu-worker', 'device-thread'];

const early = new Map<WorkerScript, Worker>();

/** What has become of a worker. */
interface Fate {
  /** What it failed of, if it did. */
  error?: unknown;
  /** Once it has ended. */
  exitCode?: number;
}

/** Events come once, and an early worker can end before there is anybody who listens. */
const fates = new WeakMap<Worker, Fate>();

function start(script: WorkerScript): Worker {
  const worker = new Worker(join(__dirname, `${script}.js`), { name: script });
  const fate: Fate = {};
  worker.once('error', (error) => (fate.error = error));
  worker.once('exit', (exitCode) => (fate.exitCode = exitCode));
  fates.set(worker, fate);
  return worker;
}

/** Starts workers that will be taken when it is known what for. */
export function startEarly(scripts: readonly WorkerScript[]): void {
  for (const script of scripts) {
    const worker = start(script);
    worker.unref();
    early.set(script, worker);
  }
}

/**
 * A worker that runs `script`: the one that was started early, or a new one. If the early one has
 * failed or ended, its events come again, for whoever listens by the end of this turn.
 */
export function takeWorker(script: WorkerScript): Worker {
  const worker = early.get(script) ?? start(script);
  early.delete(script);
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
 * Ends the early workers that nobody took, and waits for it. They end by themselves: one that is ended
 * while it loads native code takes the whole process with it.
 */
export async function dismissEarlyWorkers(): Promise<void> {
  const idle = [...early.values()];
  early.clear();
  await Promise.all(idle.map(dismissWorker));
}

/** Tells a worker that has no work yet that there will be none, and waits until it has ended. */
export async function dismissWorker(worker: Worker): Promise<void> {
  if (fates.get(worker)?.exitCode !== undefined) {
    return;
  }
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.ref();
  worker.postMessage(NO_WORK);
  await ended;
}

if (process.argv[2] === 'run') {
  startEarly(EARLY);
}

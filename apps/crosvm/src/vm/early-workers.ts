/*
 * Starts the threads that every VM has as soon as this module is loaded, if the command line looks
 * like one that runs a VM: a worker takes as long to start as everything that comes before its plan,
 * so both are done at once. Imported before anything that is large.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** The scripts of the threads that a VM is made of. */
export type WorkerScript = 'vcpu-worker' | 'device-host';

/** The first vCPU, and the back ends of the devices. */
const EARLY: readonly WorkerScript[] = ['vcpu-worker', 'device-host'];

const early = new Map<WorkerScript, Worker>();

function start(script: WorkerScript): Worker {
  return new Worker(join(__dirname, `${script}.js`), { name: script });
}

/** A worker that runs `script`: the one that was started early, or a new one. */
export function takeWorker(script: WorkerScript): Worker {
  const worker = early.get(script) ?? start(script);
  early.delete(script);
  // One that nobody takes does not keep the process alive.
  worker.ref();
  return worker;
}

if (process.argv[2] === 'run') {
  for (const script of EARLY) {
    const worker = start(script);
    worker.unref();
    early.set(script, worker);
  }
}

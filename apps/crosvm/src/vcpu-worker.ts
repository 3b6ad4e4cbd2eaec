/* The thread of one vCPU: makes it from the plan that the supervisor posts, and runs it to the end. */

import { parentPort } from 'node:worker_threads';

import { runVcpu } from './vm/run-vcpu';
import type { VcpuMessage, VcpuPlan } from './vm/vcpu-plan';

const port = parentPort;
if (port === null) {
  throw new Error('vcpu-worker is started by crosvm as a worker thread');
}

const post = (message: VcpuMessage): void => port.postMessage(message);

// One message is all it ever takes: then the thread belongs to the guest.
port.once('message', (plan: VcpuPlan | null) => {
  if (plan === null) {
    port.close();
    return;
  }
  const end = runVcpu(plan, post);
  post(end === undefined ? { kind: 'ended' } : { kind: 'ended', end });
  port.close();
});

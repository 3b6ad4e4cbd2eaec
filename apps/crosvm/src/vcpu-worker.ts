/* The thread of one vCPU: makes it from the plan that the supervisor posts, and runs it to the end. */

import { parentPort } from 'node:worker_threads';

import { VcpuThread } from './vm/vcpu-thread';
import type { VcpuMessage, VcpuRequest } from './vm/vcpu-plan';

const port = parentPort;
if (port === null) {
  throw new Error('vcpu-worker is started by crosvm as a worker thread');
}

const post = (message: VcpuMessage): void => port.postMessage(message);

let thread: VcpuThread | undefined;

port.on('message', (request: VcpuRequest | null) => {
  if (request?.kind === 'make') {
    thread = new VcpuThread(request.plan, post);
    return;
  }
  if (request !== null && thread !== undefined) {
    // Messages come no more: the thread belongs to the guest until the end.
    const end = thread.run(request.start);
    post(end === undefined ? { kind: 'ended' } : { kind: 'ended', end });
  }
  thread?.[Symbol.dispose]();
  port.close();
});

/* The thread of the legacy devices' back ends: serves them from the plan that the supervisor posts. */

import { parentPort } from 'node:worker_threads';

import type { DeviceMessage, DeviceRequest } from './vm/device-plan';
import { LegacyBackEnds } from './vm/legacy-back-ends';

const port = parentPort;
if (port === null) {
  throw new Error('device-thread is started by crosvm as a worker thread');
}

const backEnds = new LegacyBackEnds((message: DeviceMessage) => port.postMessage(message));

port.on('message', (request: DeviceRequest | null) => {
  if (request === null) {
    backEnds[Symbol.dispose]();
    port.close();
  } else if (request.kind === 'start') {
    backEnds.start(request.plan);
  } else {
    backEnds.drain(() => {
      backEnds[Symbol.dispose]();
      // Nothing is left to serve, so the thread ends.
      port.close();
    });
  }
});

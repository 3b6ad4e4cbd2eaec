/* The thread of the devices' back ends: serves them from the plan that the supervisor posts. */

import { parentPort } from 'node:worker_threads';

import { DeviceHost } from './vm/device-host';
import type { DeviceMessage, DeviceRequest } from './vm/device-plan';

const port = parentPort;
if (port === null) {
  throw new Error('device-host is started by crosvm as a worker thread');
}

const host = new DeviceHost((message: DeviceMessage) => port.postMessage(message));

port.on('message', (request: DeviceRequest | null) => {
  if (request === null) {
    host[Symbol.dispose]();
    port.close();
  } else if (request.kind === 'start') {
    host.start(request.plan);
  } else {
    host.drain(() => {
      host[Symbol.dispose]();
      // Nothing is left to serve, so the thread ends.
      port.close();
    });
  }
});

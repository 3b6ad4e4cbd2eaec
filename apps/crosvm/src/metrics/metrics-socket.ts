import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { type Logger, OwnedFd } from '@crosvm/sys-util';
import { SocketFile } from '@crosvm/vm-control';

import type { VmMetrics } from './vm-metrics';
import { PROMETHEUS_TYPE, prometheusText } from './prometheus-text';

/** How long a client may take to ask. */
const REQUEST_MS = 10_000;

/** Clients at a time. */
const MAX_CLIENTS = 64;

/** Where the text is; `/` will do, too. */
const PATHS = ['/', '/metrics'];

/** What there is to be told; undefined until there is a VM. */
export type ReadMetrics = () => VmMetrics | undefined;

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function respond(request: IncomingMessage, response: ServerResponse, read: ReadMetrics): void {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const metrics = read();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    answer(response, 405, 'GET and HEAD only\n');
  } else if (!PATHS.includes(path)) {
    answer(response, 404, 'the metrics are at /metrics\n');
  } else if (metrics === undefined) {
    answer(response, 503, 'the VM is not there yet\n');
  } else {
    answer(response, 200, prometheusText(metrics), PROMETHEUS_TYPE);
  }
}

/**
 * Serves the metrics of this process over HTTP on a unix socket, for this user and root, until it is
 * disposed. The process does not stay alive for it.
 * @param path of the socket
 * @throws SocketPathError and others if it cannot be made
 */
export function openMetricsSocket(path: string, read: ReadMetrics, log: Logger): Disposable {
  const file = SocketFile.create(path);
  const server = createServer((request, response) => respond(request, response, read));
  server.requestTimeout = REQUEST_MS;
  server.maxConnections = MAX_CLIENTS;
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('error', (error) => log.warn(`metrics socket: ${error.message}`));
  server.listen({ fd: OwnedFd.duplicate(file.listener.fd.raw).release() });
  server.unref();
  server.on('connection', (socket) => socket.unref());
  log.info(`metrics socket: ${file.path}`);
  return {
    [Symbol.dispose]: () => {
      file[Symbol.dispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

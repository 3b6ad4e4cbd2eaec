import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EventLoopPoller } from '@crosvm/sys-util';

import type { Result } from '../protocol/methods';
import { ControlServer } from '../server/control-server';
import type { Handlers } from '../server/handlers';

/** What the server's VM is. */
export const STATUS: Result<'status'> = {
  pid: 4711,
  state: 'running',
  uptimeMs: 1500,
  restarts: 0,
  cpus: 2,
  memory: 2 ** 28,
  kernel: 'vmlinux',
  sandbox: true,
  devices: [
    { name: 'rng', pid: 4712 },
    { name: 'disk vda', pid: 4713, counters: { reads: 17 } },
  ],
};

/** Handlers that do nothing. */
export const HANDLERS: Handlers = {
  status: () => STATUS,
  balloon: ({ bytes }) => ({ target: bytes, actual: 0, hasDriver: true }),
  balloonStats: () => ({ target: 0, actual: 0, hasDriver: true, statistics: null }),
  resizeDisk: ({ bytes }) => ({ bytes }),
  powerButton: () => ({}),
  suspend: () => ({}),
  resume: () => ({}),
  stop: () => ({}),
};

/** A server of a VM that there is not, in a directory of its own. */
export class TestServer implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'control-'));
  readonly path = join(this.directory, 'vm.sock');
  /** What handlers threw. */
  readonly bugs: unknown[] = [];
  /** How often `stop` was called. */
  stops = 0;
  readonly #poller = new EventLoopPoller();
  readonly #server: ControlServer;
  readonly #clients: Socket[] = [];

  /** @param options handlers in place of those it has, and who may ask besides root */
  constructor(options: { readonly handlers?: Partial<Handlers>; readonly user?: number } = {}) {
    const { handlers, ...others } = options;
    this.#server = new ControlServer({
      path: this.path,
      poller: this.#poller,
      program: { name: 'test', version: '1.2.3' },
      handlers: {
        ...HANDLERS,
        stop: () => {
          this.stops += 1;
          return {};
        },
        ...handlers,
      },
      onBug: (_method, error) => this.bugs.push(error),
      ...others,
    });
  }

  /** Stops listening, as at the end of a VM. */
  close(): void {
    this.#server[Symbol.dispose]();
  }

  /** A client that speaks for itself. */
  connect(): Socket {
    const socket = connect({ path: this.path, allowHalfOpen: true });
    socket.on('error', () => socket.destroy());
    this.#clients.push(socket);
    return socket;
  }

  [Symbol.dispose](): void {
    this.#clients.forEach((client) => client.destroy());
    this.close();
    this.#poller[Symbol.dispose]();
    rmSync(this.directory, { recursive: true });
  }
}

/** The lines that come, until there are that many or the other end closes. */
export async function linesOf(socket: Socket, count: number): Promise<readonly string[]> {
  let text = '';
  return new Promise((resolve) => {
    const lines = (): string[] => text.split('\n').slice(0, -1);
    socket.on('data', (bytes) => {
      text += bytes.toString();
      if (lines().length >= count) {
        resolve(lines());
      }
    });
    socket.once('close', () => resolve(lines()));
    socket.once('end', () => resolve(lines()));
  });
}

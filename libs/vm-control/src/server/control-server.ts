import { Socket } from 'node:net';

import {
  type OwnedFd,
  peerCredentials,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  SysError,
} from '@crosvm/sys-util';

import { ErrorNumber, errorResponse } from '../protocol/messages';
import { Connection } from './connection';
import { Dispatcher, type DispatcherOptions } from './dispatcher';
import { SocketFile } from './socket-file';

/** Clients at a time. One more takes the place of the one that has been idle for longest. */
const MAX_CLIENTS = 64;

/** How long nobody is accepted when this process is out of descriptors. */
const PAUSE_MS = 100;

const ROOT = 0;

/** What a server works with. */
export interface ControlServerOptions extends DispatcherOptions {
  /** A path, or a directory in which the socket gets a name with the number of this process. */
  readonly path: string;
  /** Listens to it. */
  readonly poller: Poller;
  /** The user who may ask, besides root; by default the one that this process runs as. */
  readonly user?: number;
}

/** Serves the control socket of a VM, for the user who runs it and for root. */
export class ControlServer implements Disposable {
  readonly #file: SocketFile;
  readonly #dispatcher: Dispatcher;
  readonly #user: number;
  readonly #connections = new Set<Connection>();
  readonly #poller: Poller;
  #registration: PollRegistration | undefined;
  #pause: NodeJS.Timeout | undefined;

  /** @throws SocketPathError and others if the socket cannot be made */
  constructor(options: ControlServerOptions) {
    this.#dispatcher = new Dispatcher(options);
    this.#user = options.user ?? process.geteuid?.() ?? ROOT;
    this.#poller = options.poller;
    this.#file = SocketFile.create(options.path);
    this.#listen();
  }

  /** Where the socket is. */
  get path(): string {
    return this.#file.path;
  }

  /**
   * Removes the socket. Clients who are connected stay so until this process ends, so that the end of
   * their connection is the end of the VMM; they do not keep it alive.
   */
  [Symbol.dispose](): void {
    clearTimeout(this.#pause);
    this.#registration?.remove();
    this.#registration = undefined;
    this.#file[Symbol.dispose]();
    this.#connections.forEach((connection) => connection.unref());
  }

  #listen(): void {
    const { raw } = this.#file.listener.fd;
    this.#registration = this.#poller.add(raw, POLL_READABLE, () => this.#accept());
  }

  #accept(): void {
    try {
      // One a turn: those who are connected are heard in between.
      const fd = this.#file.listener.accept();
      if (fd !== undefined) {
        this.#greet(fd);
      }
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
      // Whoever waits would wake us again at once, for ever.
      this.#registration?.remove();
      this.#pause = setTimeout(() => this.#listen(), PAUSE_MS);
    }
  }

  #greet(fd: OwnedFd): void {
    const { uid } = peerCredentials(fd.raw);
    // A client that is done sending may still want its answers.
    const socket = new Socket({
      fd: fd.release(),
      readable: true,
      writable: true,
      allowHalfOpen: true,
    });
    if (uid !== this.#user && uid !== ROOT) {
      turnAway(socket, `only the user with the id ${this.#user} and root may control this VM`);
      return;
    }
    if (!this.#makeRoom()) {
      turnAway(socket, `${MAX_CLIENTS} clients are being served, which is the limit`);
      return;
    }
    const connection = new Connection(socket, this.#dispatcher, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
  }

  /** Whether there is room for one more client. */
  #makeRoom(): boolean {
    if (this.#connections.size < MAX_CLIENTS) {
      return true;
    }
    const [idlest] = [...this.#connections]
      .filter(({ isIdle }) => isIdle)
      .sort((a, b) => a.lastActive - b.lastActive);
    if (idlest === undefined) {
      return false;
    }
    this.#connections.delete(idlest);
    idlest.destroy();
    return true;
  }
}

/** Says why, as an answer to nothing, and ends the connection. */
function turnAway(socket: Socket, message: string): void {
  socket.on('error', () => socket.destroy());
  const answer = errorResponse(null, { code: ErrorNumber.NotPermitted, message });
  socket.end(`${JSON.stringify(answer)}\n`, () => socket.destroy());
}

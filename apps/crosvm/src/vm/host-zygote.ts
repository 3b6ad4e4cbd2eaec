import type * as ChildProcess from 'node:child_process';
import { join } from 'node:path';

import { adoptOrphans, FORKABLE_NODE_FLAGS, INTERPRETER_NODE_FLAGS } from '@crosvm/io-jail';
import {
  closeInheritedOnExec,
  FdSocket,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  socketPair,
  SysError,
} from '@crosvm/sys-util';

import { UserError } from '../user-error';
import { JailedHost } from './jailed-host';
import { StartWatch } from './start-watch';
import {
  decodeForkReply,
  encodeZygoteMessage,
  type ForkRequest,
  MAX_ZYGOTE_MESSAGE,
} from './zygote-messages';

/** Takes some milliseconds to load: not before there is a process to start. */
function loadChildProcess(): typeof ChildProcess {
  return require('node:child_process') as typeof ChildProcess;
}

/** Lets programs that are started have no descriptors but those that they are given. */
function keepDescriptors(): void {
  try {
    closeInheritedOnExec();
  } catch (cause) {
    throw new UserError('device hosts cannot be started', {
      cause,
      hint: '/proc must be there: mount -t proc proc /proc',
    });
  }
}

/**
 * The process that device hosts are forked from. It and the hosts get no descriptor but those they are
 * given and no environment, and a session of their own, so that keys of the terminal are not meant
 * for them; they end with this process, whatever ends that. To be made on the main thread, for that
 * reason.
 */
export class HostZygote {
  readonly #poller: Poller;
  readonly #socket: FdSocket;
  readonly #registration: PollRegistration;
  /** Those that were asked for and are not there yet, in order. */
  readonly #waiting: JailedHost[] = [];
  readonly #hosts = new Set<JailedHost>();
  readonly #onChild = (): void => this.#look();
  readonly #watch: StartWatch;
  #isLast = false;
  /** What happened to the process of the host that is being started. */
  #accident: string | undefined;

  /**
   * @param custom whether it is for devices of the user's own, too
   * @throws SysError EMFILE
   * @throws UserError if there is no /proc
   */
  constructor(poller: Poller, custom: boolean) {
    this.#poller = poller;
    // The hosts are children of a process that ends at once.
    adoptOrphans();
    keepDescriptors();
    const [near, far] = socketPair();
    this.#socket = FdSocket.adopt(near, {
      maxBytes: MAX_ZYGOTE_MESSAGE,
      maxFds: 0,
      nonblock: true,
    });
    const flags = [...FORKABLE_NODE_FLAGS, ...INTERPRETER_NODE_FLAGS];
    const script = join(__dirname, custom ? 'custom-device-zygote.js' : 'device-zygote.js');
    const child = loadChildProcess().spawn(process.execPath, [...flags, script], {
      // The last one has the number CONTROL_FD.
      stdio: ['ignore', 'ignore', 'inherit', far.raw],
      cwd: '/',
      env: {},
      detached: true,
    });
    far.close();
    child.unref();
    child.once('error', (error) => this.#gone(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) => this.#gone(`it ended (${signal ?? `status ${code}`})`));
    this.#watch = new StartWatch(child.pid, script, {
      onZygote: (how) => {
        child.kill('SIGKILL');
        this.#gone(how);
      },
      onHost: (how) => (this.#accident = how),
    });
    // Only so is a host that was stopped heard of.
    process.on('SIGCHLD', this.#onChild);
    this.#registration = poller.add(near.raw, POLL_READABLE, () => this.#receive());
  }

  /**
   * Starts a device host.
   * @param controlFd its end of the control socket; stays the caller's
   */
  fork(request: ForkRequest, controlFd: number): JailedHost {
    const host = new JailedHost(this.#poller);
    this.#waiting.push(host);
    this.#hosts.add(host);
    void host.ended.then(() => this.#hostEnded(host));
    try {
      this.#socket.send(encodeZygoteMessage(request), [controlFd, host.stderrFd]);
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'EPIPE')) {
        throw error;
      }
    }
    return host;
  }

  /** There are no more hosts to come: the zygote ends when those that were asked for are there. */
  last(): void {
    this.#isLast = true;
    this.#endIfIdle();
  }

  #receive(): void {
    const message = this.#socket.receive();
    if (message === 'closed') {
      this.#registration.remove();
    }
    if (typeof message === 'string') {
      return;
    }
    const reply = decodeForkReply(message.bytes);
    const host = this.#waiting.shift();
    if ('pid' in reply) {
      host?.started(reply.pid);
    } else if (this.#accident !== undefined) {
      host?.notStarted(this.#accident);
    } else {
      host?.notStarted(reply.error, reply.hint);
    }
    this.#accident = undefined;
    this.#watch.restart();
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#isLast && this.#waiting.length === 0 && !this.#socket.fd.closed) {
      this.#watch[Symbol.dispose]();
      this.#registration.remove();
      this.#socket[Symbol.dispose]();
    }
  }

  #look(): void {
    this.#hosts.forEach((host) => host.look());
    if (this.#waiting.length > 0) {
      this.#watch.look();
    }
  }

  #hostEnded(host: JailedHost): void {
    this.#hosts.delete(host);
    if (this.#hosts.size === 0) {
      process.off('SIGCHLD', this.#onChild);
    }
  }

  /** The zygote has ended; those that wait for it wait in vain. */
  #gone(how: string): void {
    const text = `the process that it was to be forked from: ${how}`;
    this.#waiting.splice(0).forEach((host) => host.notStarted(text));
    this.#isLast = true;
    this.#endIfIdle();
  }
}

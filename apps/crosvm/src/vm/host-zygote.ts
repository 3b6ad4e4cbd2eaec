import {
  FdSocket,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  SysError,
} from '@crosvm/sys-util';

import { takeZygote } from './early-zygote';
import { JailedHost } from './jailed-host';
import { StartWatch } from './start-watch';
import {
  decodeForkReply,
  encodeZygoteMessage,
  type ForkRequest,
  MAX_ZYGOTE_MESSAGE,
} from './zygote-messages';

/**
 * Has device hosts forked from a process that is there for that. To be made on the main thread: that
 * process ends with the thread that started it.
 */
export class HostZygote {
  /** Resolves when it has ended: some time after `last`. */
  readonly ended: Promise<void>;
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
    const { process: child, script, socket, gone } = takeZygote(custom);
    this.ended = gone.then((how) => this.#gone(how));
    this.#socket = FdSocket.adopt(socket, {
      maxBytes: MAX_ZYGOTE_MESSAGE,
      maxFds: 0,
      nonblock: true,
    });
    this.#watch = new StartWatch(child.pid, script, {
      onZygote: (how) => {
        child.kill('SIGKILL');
        this.#gone(how);
      },
      onHost: (how) => (this.#accident = how),
    });
    // Only so is a host that was stopped heard of.
    process.on('SIGCHLD', this.#onChild);
    this.#registration = poller.add(this.#socket.fd.raw, POLL_READABLE, () => this.#receive());
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

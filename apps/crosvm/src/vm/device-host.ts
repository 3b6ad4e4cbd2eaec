import { type BackEnd, drainAll, startBackEnd } from '@crosvm/devices';
import {
  FdSocket,
  GuestMemory,
  type LogLevel,
  MAX_FDS_PER_MESSAGE,
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  PollLoop,
  sinkLogger,
} from '@crosvm/sys-util';

import { errorText } from '../cli/error-text';
import {
  decodeRequest,
  encodeMessage,
  type HostMessage,
  type HostRequest,
  MAX_HOST_MESSAGE,
  unpackFds,
} from './host-messages';

/** Most characters of a text about a failure. */
const MAX_TEXT = 2000;

/** Says of what a handler throws which device it was. */
function blaming(poller: Poller, device: string): Poller {
  return {
    add: (fd, interest, handler) =>
      poller.add(fd, interest, (ready) => {
        try {
          handler(ready);
        } catch (error) {
          throw new Error(device, { cause: error });
        }
      }),
  };
}

/**
 * Runs the back ends that a supervisor sends, on the thread that this is made on, which belongs to it
 * from then on: Node's timers and messages wait until the end.
 */
export class DeviceHost implements Disposable {
  readonly #loop = new PollLoop();
  readonly #control: FdSocket;
  readonly #backEnds: BackEnd[] = [];
  #memory: GuestMemory | undefined;
  #logLevel: LogLevel = 'warn';

  /** @param control the socket to the supervisor; taken over */
  constructor(control: OwnedFd) {
    this.#control = FdSocket.adopt(control, {
      maxBytes: MAX_HOST_MESSAGE,
      maxFds: MAX_FDS_PER_MESSAGE,
      nonblock: true,
    });
    this.#loop.add(this.#control.raw, POLL_READABLE, () => this.#receive());
  }

  /**
   * Serves until the supervisor has no more use for it, or is gone. Returns whether all went well; the
   * supervisor was told if not.
   */
  run(): boolean {
    try {
      this.#loop.run();
      return true;
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? '') : '';
      this.#say({
        kind: 'failed',
        message: errorText(error).slice(0, MAX_TEXT),
        stack: stack.slice(0, MAX_TEXT),
      });
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#backEnds.forEach((backEnd) => backEnd[Symbol.dispose]());
    this.#control[Symbol.dispose]();
    this.#loop[Symbol.dispose]();
  }

  #receive(): void {
    const message = this.#control.receive();
    if (message === 'closed') {
      this.#loop.stop();
    } else if (message !== 'would-block') {
      this.#handle(decodeRequest(message.bytes), message.fds);
    }
  }

  #handle(request: HostRequest, fds: readonly OwnedFd[]): void {
    switch (request.kind) {
      case 'setup': {
        const [memory] = fds;
        if (memory === undefined) {
          throw new RangeError('no guest memory');
        }
        this.#memory = GuestMemory.attach(memory, request);
        this.#logLevel = request.logLevel;
        break;
      }
      case 'device':
        this.#startDevice(request, fds);
        break;
      case 'drain':
        drainAll(this.#backEnds, () => this.#loop.stop());
    }
  }

  #startDevice(
    { name, plan, queues }: HostRequest & { kind: 'device' },
    fds: readonly OwnedFd[],
  ): void {
    if (this.#memory === undefined) {
      throw new Error('a device before there is memory');
    }
    const surroundings = {
      memory: this.#memory,
      poller: blaming(this.#loop, name),
      logger: sinkLogger({
        level: this.#logLevel,
        component: name,
        write: (record) => this.#say({ kind: 'log', record }),
      }),
    };
    this.#backEnds.push(startBackEnd(plan, unpackFds(fds, queues), surroundings));
  }

  /** A supervisor that does not read, or is gone, is not waited for. */
  #say(message: HostMessage): void {
    try {
      this.#control.send(encodeMessage(message));
    } catch {
      // The end of the socket is seen by the loop.
    }
  }
}

import {
  type BackEnd,
  type ConfiguredModule,
  describeDevice,
  type DeviceOptions,
  drainAll,
  startBackEnd,
  startModuleBackEnd,
  startSerialBackEnd,
} from '@crosvm/devices';
import {
  FdSocket,
  GuestMemory,
  type LogLevel,
  type LogRecord,
  MAX_FDS_PER_MESSAGE,
  type OwnedFd,
  type Poller,
  PollLoop,
  sinkLogger,
} from '@crosvm/sys-util';

import { PausablePoller } from './pausable-poller';
import { errorText } from '../cli/error-text';
import { HostChannel } from './host-channel';
import { loadCustomModule, sharedText } from './custom-module';
import { unpackSerialFds, unpackVirtioFds } from './device-plan';
import {
  decodeRequest,
  encodeMessage,
  type HostMessage,
  type HostRequest,
  MAX_HOST_MESSAGE,
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
  /** What the devices are served by. */
  readonly #poller = new PausablePoller(this.#loop);
  readonly #control: HostChannel;
  /** What has requests of the guest in flight. */
  readonly #devices: BackEnd[] = [];
  /** What has output of the guest, whose readers may take their time. */
  readonly #ports: BackEnd[] = [];
  /** Those that take commands, by their names. */
  readonly #commanded = new Map<string, BackEnd>();
  /** Devices of the user's own, by name. */
  readonly #custom = new Map<string, ConfiguredModule<DeviceOptions>>();
  #drain: 'not yet' | 'in flight' | 'finished' = 'not yet';
  #memory: GuestMemory | undefined;
  #logLevel: LogLevel = 'warn';

  /**
   * @param control the socket to the supervisor; taken over
   * @param lockDown shuts the jail, before anything of the guest is served; is told whether the device
   * wants JavaScript that is compiled, where it is the device that says so; returns what the supervisor
   * is to listen at
   */
  constructor(
    control: OwnedFd,
    private readonly lockDown?: (compiled: boolean | undefined) => OwnedFd | undefined,
  ) {
    const socket = FdSocket.adopt(control, {
      maxBytes: MAX_HOST_MESSAGE,
      maxFds: MAX_FDS_PER_MESSAGE,
      nonblock: true,
    });
    this.#control = new HostChannel(socket);
    this.#control.attach(this.#loop, () => this.#receive());
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
    [...this.#devices, ...this.#ports].forEach((backEnd) => backEnd[Symbol.dispose]());
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
      case 'setup':
        this.#logLevel = request.logLevel;
        break;
      case 'module':
        this.#loadModule(request, fds);
        break;
      case 'memory': {
        const [memory] = fds;
        if (memory === undefined) {
          throw new RangeError('no guest memory');
        }
        this.#memory = GuestMemory.attach(memory, request);
        break;
      }
      case 'device':
        this.#startDevice(request, fds);
        break;
      case 'command':
        this.#command(request);
        break;
      case 'suspend':
        this.#suspend();
        break;
      case 'resume':
        this.#resume();
        break;
      case 'drain':
        this.#finish();
    }
  }

  #command({ id, device, command }: HostRequest & { kind: 'command' }): void {
    const answer = (answered: unknown): void => {
      this.#say({ kind: 'answer', id, answer: answered });
    };
    const backEnd = this.#commanded.get(device);
    if (backEnd?.command === undefined) {
      answer(undefined);
    } else {
      backEnd.command(command, answer);
    }
  }

  #startDevice({ name, plan }: HostRequest & { kind: 'device' }, fds: readonly OwnedFd[]): void {
    const poller = blaming(this.#poller, name);
    const logger = sinkLogger({
      level: this.#logLevel,
      component: name,
      write: (record) => this.#log(record),
    });
    if (plan.kind === 'serial') {
      this.#ports.push(startSerialBackEnd(unpackSerialFds(fds, plan), { poller, logger }));
    } else if (this.#memory === undefined) {
      throw new Error('a device before there is memory');
    } else {
      const surroundings = { memory: this.#memory, poller, logger };
      const own = unpackVirtioFds(fds, plan.queues);
      const backEnd =
        plan.kind === 'custom'
          ? startModuleBackEnd(this.#customOf(name), own, surroundings)
          : startBackEnd(plan.backEnd, own, surroundings);
      this.#devices.push(backEnd);
      this.#commanded.set(name, backEnd);
    }
    this.#shut(plan.kind === 'custom' ? this.#customOf(name).module.compiled === true : undefined);
  }

  #loadModule(
    { name, path, bytes, options }: HostRequest & { kind: 'module' },
    [text]: readonly OwnedFd[],
  ): void {
    if (text === undefined) {
      throw new RangeError('no text of a module');
    }
    const module = loadCustomModule(path, sharedText(text, bytes));
    const description = describeDevice(module, options);
    this.#custom.set(name, { module, config: options });
    this.#say({ kind: 'described', name, description });
  }

  #customOf(name: string): ConfiguredModule<DeviceOptions> {
    const custom = this.#custom.get(name);
    if (custom === undefined) {
      throw new RangeError(`no module was loaded for ${name}`);
    }
    return custom;
  }

  /** All that the device needs is there, and nothing of the guest was looked at. */
  #shut(compiled: boolean | undefined): void {
    if (this.lockDown !== undefined) {
      using listener = this.lockDown(compiled);
      this.#say({ kind: 'locked' }, listener === undefined ? [] : [listener.raw]);
    }
  }

  #suspend(): void {
    this.#poller.pause();
    [...this.#devices, ...this.#ports].forEach((backEnd) => backEnd.suspend?.());
    this.#say({ kind: 'suspended' });
  }

  #resume(): void {
    [...this.#devices, ...this.#ports].forEach((backEnd) => backEnd.resume?.());
    this.#poller.resume();
    this.#say({ kind: 'resumed' });
  }

  #finish(): void {
    // Output is passed on by the poller, also when the VM was suspended.
    this.#poller.resume();
    if (this.#drain === 'finished') {
      this.#say({ kind: 'finished' });
    } else if (this.#drain === 'not yet') {
      this.#drain = 'in flight';
      const devices = {
        drain: (done: () => void) =>
          drainAll(this.#devices, () => {
            this.#drain = 'finished';
            this.#say({ kind: 'finished' });
            done();
          }),
      };
      drainAll([devices, ...this.#ports], () => this.#loop.stop());
    }
  }

  /** Nothing of what a guest provokes piles up. */
  #log(record: LogRecord): void {
    if (!this.#control.isFull) {
      this.#say({ kind: 'log', record });
    }
  }

  /** A supervisor that is gone hears nothing. */
  #say(message: HostMessage, fds: readonly number[] = []): void {
    try {
      this.#control.send(encodeMessage(message), fds);
    } catch {
      // The end of the socket is seen by the loop.
    }
  }
}

import {
  FdSocket,
  type GuestMemory,
  LOG_LEVELS,
  type Logger,
  type LogLevel,
  type Poller,
  socketPair,
} from '@crosvm/sys-util';

import type { HostedDevice } from './device-plan';
import { HostLink, type HostLinkEvents, type Patience } from './host-link';
import { MAX_HOST_MESSAGE } from './host-messages';
import { startHostProcess } from './host-process';
import { startHostThread } from './host-thread';
import type { VmEnd } from './vm-end';

/** How device hosts run. */
export interface DeviceHostsOptions {
  /** Each device has a process of its own; else all of them have one thread of this process. */
  readonly processes: boolean;
  readonly log: Logger;
  /** A host failed. */
  readonly onEnd: (end: VmEnd) => void;
}

function leastUrgent(log: Logger): LogLevel {
  return LOG_LEVELS.filter((level) => log.isEnabled(level)).at(-1) ?? 'error';
}

/** The device hosts of a VM: starts them, hears of their ends, and ends them. */
export class DeviceHosts {
  readonly #options: DeviceHostsOptions;
  readonly #links: HostLink[] = [];
  readonly #started: { readonly label: string; readonly pid: number | undefined }[] = [];

  constructor(options: DeviceHostsOptions) {
    this.#options = options;
  }

  /**
   * Starts the hosts of these devices. They serve as soon as they have started, which nobody waits for
   * but a driver that is quicker.
   * @param poller listens to them
   * @throws SysError EMFILE
   */
  start(devices: readonly HostedDevice[], memory: GuestMemory, poller: Poller): void {
    const { processes } = this.#options;
    const groups = processes ? devices.map((device) => [device]) : [devices];
    for (const group of groups) {
      const link = this.#startHost(group);
      this.#links.push(link);
      link.attach(poller);
      this.#give(link, group, memory);
    }
    // The first message takes a while, which no host waits for.
    this.#logStarted();
  }

  /**
   * Lets all hosts finish what they are doing, and waits until they have ended. The guest must have
   * stopped.
   */
  async stop(patience: Patience): Promise<void> {
    await Promise.all(this.#links.map((link) => link.stop(patience)));
  }

  #logStarted(): void {
    const { log } = this.#options;
    if (log.isEnabled('info')) {
      this.#started.forEach(({ label, pid }) =>
        log.info(`device host of ${label}: ${pid === undefined ? 'a thread' : `process ${pid}`}`),
      );
    }
  }

  #startHost(group: readonly HostedDevice[]): HostLink {
    const { processes, log, onEnd } = this.#options;
    const [near, far] = socketPair();
    const control = FdSocket.adopt(near, { maxBytes: MAX_HOST_MESSAGE, maxFds: 0, nonblock: true });
    const names = group.map(({ name }) => name);
    const label = names.join(', ');
    const host = processes ? startHostProcess(label, far.raw) : startHostThread(far.raw);
    far.close();
    this.#started.push({ label, pid: host.pid });
    const part = processes ? `the device host of ${label}` : 'the thread of the device hosts';
    const events: HostLinkEvents = {
      onFailure: (cause) => onEnd({ kind: 'failed', part, cause }),
      log,
    };
    const hasOutput = group.some(({ plan }) => plan.kind === 'serial' && plan.output);
    return new HostLink({ part, names, hasOutput, control, host }, events);
  }

  #give(link: HostLink, group: readonly HostedDevice[], memory: GuestMemory): void {
    link.send({ kind: 'setup', logLevel: leastUrgent(this.#options.log) });
    if (group.some(({ plan }) => plan.kind === 'virtio')) {
      link.send({ kind: 'memory', ranges: memory.layout.ranges }, [memory.fd.raw]);
    }
    for (const device of group) {
      const { name, plan, fds } = device;
      link.send({ kind: 'device', name, plan }, fds);
      device.handedOver();
    }
  }
}

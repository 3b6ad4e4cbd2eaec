import {
  FdSocket,
  type GuestMemory,
  LOG_LEVELS,
  type Logger,
  type LogLevel,
  type Poller,
  socketPair,
} from '@crosvm/sys-util';

import type { SeccompPolicies } from '../host/seccomp-policies';
import { type HostedDevice, hostNeeds } from './device-plan';
import { HostLink, type HostLinkEvents, type Patience } from './host-link';
import { MAX_HOST_MESSAGE } from './host-messages';
import type { StartedHost } from './host-start';
import { startHostThread } from './host-thread';
import { HostZygote } from './host-zygote';
import type { VmEnd } from './vm-end';

/** How device hosts run. */
export interface DeviceHostsOptions {
  /** Each device has a process of its own; else all of them have one thread of this process. */
  readonly processes: boolean;
  /** The policies of those processes. */
  readonly policies: SeccompPolicies;
  /** Whether calls that a policy forbids are only logged. */
  readonly logForbidden: boolean;
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
  /** What processes are forked from, by whether their JavaScript is compiled. */
  readonly #zygotes = new Map<boolean, HostZygote>();

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
      const link = this.#startHost(group, poller);
      this.#links.push(link);
      link.attach(poller);
      this.#give(link, group, memory);
    }
    this.#zygotes.forEach((zygote) => zygote.last());
    this.#zygotes.clear();
  }

  /**
   * Lets all hosts finish what they are doing, and waits until they have ended. The guest must have
   * stopped.
   */
  async stop(patience: Patience): Promise<void> {
    await Promise.all(this.#links.map((link) => link.stop(patience)));
  }

  async #logStarted(label: string, { pid, ended }: StartedHost): Promise<void> {
    const number = await pid;
    if (number !== undefined) {
      this.#options.log.info(`device host of ${label}: process ${number}`);
    } else if (!this.#options.processes) {
      this.#options.log.info(`device host of ${label}: a thread`);
    } else {
      await ended;
    }
  }

  #startHost(group: readonly HostedDevice[], poller: Poller): HostLink {
    const { processes, log, onEnd, logForbidden } = this.#options;
    const [near, far] = socketPair();
    // A process may send the descriptor at which its forbidden calls are heard of.
    const maxFds = processes ? 1 : 0;
    const control = FdSocket.adopt(near, { maxBytes: MAX_HOST_MESSAGE, maxFds, nonblock: true });
    const names = group.map(({ name }) => name);
    const label = names.join(', ');
    const [first] = group;
    const host =
      processes && first !== undefined
        ? this.#fork(first, far.raw, poller)
        : startHostThread(far.raw);
    far.close();
    void this.#logStarted(label, host);
    const part = processes ? `the device host of ${label}` : 'the thread of the device hosts';
    const events: HostLinkEvents = {
      onFailure: (cause) => onEnd({ kind: 'failed', part, cause }),
      log,
    };
    const hasOutput = group.some(({ plan }) => plan.kind === 'serial' && plan.output);
    return new HostLink({ part, names, hasOutput, control, host, logForbidden }, events);
  }

  #fork({ name, plan }: HostedDevice, controlFd: number, poller: Poller): StartedHost {
    const { policy, compiled } = hostNeeds(plan);
    let zygote = this.#zygotes.get(compiled);
    if (zygote === undefined) {
      zygote = new HostZygote(poller, compiled);
      this.#zygotes.set(compiled, zygote);
    }
    return zygote.fork(
      { label: name, policy: this.#options.policies.file(policy, name) },
      controlFd,
    );
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

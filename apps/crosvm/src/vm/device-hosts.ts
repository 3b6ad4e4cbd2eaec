import type { DeviceCommand, DeviceDescription } from '@crosvm/devices';
import {
  FdSocket,
  type GuestMemory,
  type LazyLogger,
  LOG_LEVELS,
  type Logger,
  type LogLevel,
  type Poller,
  socketPair,
} from '@crosvm/sys-util';
import type { DeviceStatus } from '@crosvm/vm-control';

import type { CustomDeviceSource } from '../host/load-device-source';
import type { SeccompPolicies } from '../host/seccomp-policies';
import type { CallRecord } from './call-record';
import type { Commander } from './commander';
import { shareText } from './custom-module';
import { type HostedDevice, hostNeeds } from './device-plan';
import { HostLink, type HostLinkEvents, type Patience } from './host-link';
import { MAX_HOST_MESSAGE } from './host-messages';
import { DeviceError } from './host-questions';
import type { StartedHost } from './host-start';
import { startHostThread } from './host-thread';
import { HostZygote } from './host-zygote';
import type { VmEnd } from './vm-end';
import { VmmGuard } from './vmm-guard';
import { within } from './within';
import type { ForkRequest } from './zygote-messages';

/** How device hosts run. */
export interface DeviceHostsOptions {
  /** Each device has a process of its own; else all of them have one thread of this process. */
  readonly processes: boolean;
  /** The policies of those processes. */
  readonly policies: SeccompPolicies;
  /** Whether calls that a policy forbids are only logged. */
  readonly logForbidden: boolean;
  /** Takes all calls of the hosts, none of which is forbidden then. */
  readonly record?: CallRecord;
  readonly log: Logger;
  /** A host failed. */
  readonly onEnd: (end: VmEnd) => void;
  /** Where hosts are processes, this one is to be restricted, too: see `shutSelf`. */
  readonly self?: {
    readonly log: LazyLogger;
    /** Its filter or its warden failed. */
    readonly onEnd: (end: VmEnd) => void;
  };
}

/** How long the zygote may take to end when it has nothing left to do, which is at once. */
const ZYGOTE_END_MS = 500;

const VMM_POLICY = 'vmm';
const WARDEN_POLICY = 'warden';

/** The seccomp policies of this process and of its warden. */
export const OWN_POLICIES = [VMM_POLICY, WARDEN_POLICY] as const;

function leastUrgent(log: Logger): LogLevel {
  return LOG_LEVELS.filter((level) => log.isEnabled(level)).at(-1) ?? 'error';
}

/** A device host that is to be started. */
interface HostPlan {
  /** Of its devices. */
  readonly names: readonly string[];
  /** For a process of its own. */
  readonly request?: ForkRequest;
  /** Whether it passes on output of the guest. */
  readonly hasOutput?: boolean;
  /** Whether it is for devices of the user's own. */
  readonly isCustom?: boolean;
}

/** The device hosts of a VM: starts them, hears of their ends, and ends them. */
export class DeviceHosts implements Commander {
  readonly #options: DeviceHostsOptions;
  readonly #links: HostLink[] = [];
  /** Those that have loaded devices of the user's own, by the names of these. */
  readonly #loaded = new Map<string, HostLink>();
  #zygote: HostZygote | undefined;
  #guard: VmmGuard | undefined;

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
    const { processes, self } = this.#options;
    if (processes && (devices.length > 0 || self !== undefined)) {
      this.#zygote ??= new HostZygote(poller, false);
    }
    const others = devices.filter(({ name }) => !this.#loaded.has(name));
    const groups = processes || others.length === 0 ? others.map((it) => [it]) : [others];
    const hosts = groups.map((group) => ({
      group,
      link: this.#startHost(this.#planOf(group), poller),
    }));
    const custom = devices.flatMap((device) => {
      const link = this.#loaded.get(device.name);
      return link === undefined ? [] : [{ group: [device], link }];
    });
    [...hosts, ...custom].forEach(({ group, link }) => this.#give(link, group, memory));
    devices.forEach((device) => this.#serve(device, poller));
    if (this.#zygote !== undefined) {
      this.#guard = self && this.#startGuard(self, this.#zygote, poller);
      this.#zygote.last();
    }
  }

  /**
   * Takes from this process what it does not need when all hosts serve their devices. Waits for them, and
   * for nothing if there is no sandbox.
   * @throws UserError
   */
  async shutSelf(): Promise<void> {
    await Promise.all(this.#links.map(({ shut }) => shut));
    await this.#guard?.shut();
  }

  /**
   * Starts the hosts of devices of the user's own, one each, before there is a machine: they load their
   * modules, and say what these are. If one fails, `onEnd` is called, and nothing comes of this.
   * @param poller listens to the hosts from now on
   * @throws SysError EMFILE
   */
  load(
    sources: readonly CustomDeviceSource[],
    poller: Poller,
  ): Promise<readonly DeviceDescription[]> {
    const { processes, record } = this.#options;
    if (processes) {
      this.#zygote = new HostZygote(poller, true);
    }
    return Promise.all(
      sources.map(({ name, path, text, options, policy }) => {
        const isRecorded = record !== undefined;
        const request = {
          kind: 'host',
          label: name,
          policy,
          fileBytes: 0,
          record: isRecorded,
        } as const;
        const link = this.#startHost({ names: [name], request, isCustom: true }, poller);
        this.#loaded.set(name, link);
        using memory = shareText('crosvm_device', text);
        const message = { kind: 'module', name, path, bytes: memory.size, options } as const;
        return link.load(message, memory.fd.raw);
      }),
    );
  }

  /** The devices, and where they are served now. */
  get devices(): readonly DeviceStatus[] {
    return this.#links.flatMap((link) => link.devices);
  }

  /**
   * Has a device do something. What it answers is not to be trusted.
   * @param device its name
   * @throws DeviceError if it does not answer in that time, cannot do that, or is not there
   */
  async command(device: string, command: DeviceCommand, timeoutMs: number): Promise<unknown> {
    return this.#linkOf(device).command(device, command, timeoutMs);
  }

  /**
   * The process of a device's host; undefined if it has none of its own.
   * @throws DeviceError if it is not there
   */
  async processOf(device: string): Promise<number | undefined> {
    const { pid } = this.#linkOf(device);
    return this.#options.processes ? pid : undefined;
  }

  /** Has all hosts serve nothing until `resume`; the guest must have stopped. */
  async suspend(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.suspend()));
  }

  /** The devices whose hosts have not done what they were told to do last. */
  get awaited(): readonly string[] {
    return this.#links.flatMap((link) => link.awaited);
  }

  /** Has all hosts go on. */
  async resume(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.resume()));
  }

  /** The VM has ended: what fails from now on is not why. */
  vmEnded(): void {
    this.#links.forEach((link) => link.vmEnded());
    this.#guard?.vmEnded();
  }

  /**
   * Lets all hosts finish what they are doing, and waits until they have ended. The guest must have
   * stopped.
   */
  async stop(patience: Patience): Promise<void> {
    await Promise.all(this.#links.map((link) => link.stop(patience)));
    await this.#guard?.stop();
    if (this.#zygote !== undefined) {
      await within(ZYGOTE_END_MS, this.#zygote.ended);
    }
  }

  #startGuard(
    self: NonNullable<DeviceHostsOptions['self']>,
    zygote: HostZygote,
    poller: Poller,
  ): VmmGuard {
    const { policies, logForbidden, record } = this.#options;
    const options = {
      policy: policies.file(VMM_POLICY, 'crosvm itself'),
      wardenPolicy: policies.file(WARDEN_POLICY, 'the warden'),
      logForbidden,
      ...(record && { record }),
      ...self,
    };
    return new VmmGuard(options, (request, fd) => zygote.fork(request, fd), poller);
  }

  /** Serves what a device asks of the VM. One that is not itself is the end of it. */
  #serve({ name, requests }: HostedDevice, poller: Poller): void {
    const part = `the device host of ${name}`;
    requests?.attach(poller, (fault) => {
      this.#options.onEnd({ kind: 'failed', part, cause: new Error(fault) });
    });
  }

  #linkOf(device: string): HostLink {
    const link = this.#links.find((each) => each.serves(device));
    if (link === undefined) {
      throw new DeviceError('it has not been started yet');
    }
    return link;
  }

  async #logStarted(label: string, { pid }: StartedHost): Promise<void> {
    const number = await pid;
    if (number !== undefined) {
      this.#options.log.info(`device host of ${label}: process ${number}`);
    } else if (!this.#options.processes) {
      this.#options.log.info(`device host of ${label}: a thread`);
    }
  }

  #planOf(group: readonly HostedDevice[]): HostPlan {
    const [first] = group;
    const request = this.#zygote && first && this.#request(first);
    return {
      names: group.map(({ name }) => name),
      hasOutput: group.some(({ plan }) => plan.kind === 'serial' && plan.output),
      ...(request && { request }),
    };
  }

  #startHost(
    { names, request, hasOutput = false, isCustom = false }: HostPlan,
    poller: Poller,
  ): HostLink {
    const { log, onEnd, logForbidden, record } = this.#options;
    const zygote = this.#zygote;
    const [near, far] = socketPair();
    // A process may send the descriptor at which its forbidden calls are heard of.
    const maxFds = zygote === undefined ? 0 : 1;
    const control = FdSocket.adopt(near, { maxBytes: MAX_HOST_MESSAGE, maxFds, nonblock: true });
    const label = names.join(', ');
    const host =
      zygote === undefined || request === undefined
        ? startHostThread(far.raw, isCustom)
        : zygote.fork(request, far.raw);
    far.close();
    void this.#logStarted(label, host);
    const part = zygote ? `the device host of ${label}` : 'the thread of the device hosts';
    const events: HostLinkEvents = {
      onFailure: (cause) => onEnd({ kind: 'failed', part, cause }),
      log,
    };
    const recordCall = request && record?.of(request);
    const isJailed = zygote !== undefined;
    const parts = { part, names, hasOutput, control, host, isJailed, logForbidden };
    const link = new HostLink({ ...parts, ...(recordCall && { recordCall }) }, events);
    this.#links.push(link);
    link.attach(poller);
    link.send({ kind: 'setup', logLevel: leastUrgent(log) });
    return link;
  }

  #request({ name, plan }: HostedDevice): ForkRequest | undefined {
    if (plan.kind === 'custom') {
      return undefined;
    }
    const { policy, ...needs } = hostNeeds(plan);
    const { policies, record } = this.#options;
    const file = policies.file(policy, name);
    return { kind: 'host', label: name, policy: file, ...needs, record: record !== undefined };
  }

  #give(link: HostLink, group: readonly HostedDevice[], memory: GuestMemory): void {
    if (group.some(({ plan }) => plan.kind !== 'serial')) {
      link.send({ kind: 'memory', ranges: memory.layout.ranges }, [memory.fd.raw]);
    }
    for (const device of group) {
      const { name, plan, fds } = device;
      link.send({ kind: 'device', name, plan }, fds);
      device.handedOver();
    }
  }
}

import { type BackEndFds, rng, VirtioDevice, virtioModule } from '@crosvm/devices';
import {
  type GuestMemory,
  type LogRecord,
  type OwnedFd,
  type Poller,
  sinkLogger,
} from '@crosvm/sys-util';

import type { SeccompPolicies } from '../host/seccomp-policies';
import { DeviceHosts } from '../vm/device-hosts';
import { type HostedDevice, packVirtioFds } from '../vm/device-plan';
import type { VmEnd } from '../vm/vm-end';
import type { HostKind, Outcome } from './attempt';
import type { Orders } from './world';

/** How devices run: jailed; jailed, but forbidden calls are only logged; in a thread of the VMM. */
export type Mode = 'jailed' | 'unfiltered' | 'free';

/** What devices run on. */
export interface Ground {
  readonly mode: Mode;
  readonly kind: HostKind;
  readonly policies: SeccompPolicies;
  readonly memory: GuestMemory;
  readonly poller: Poller;
}

/** For how long nothing may be heard of a device. */
const PATIENCE_MS = 20_000;

const FORBIDDEN = /system call that its policy forbids: (\w+)\(/;
const STARTED = /^device host of (.*): process (\d+)$/;

/** Why a device host ended, as an outcome. */
function outcomeOfEnd({ cause }: VmEnd & { kind: 'failed' }): Outcome {
  const text = cause instanceof Error ? cause.message : String(cause);
  const call = FORBIDDEN.exec(text)?.[1];
  return call === undefined ? text.replace(/^it was /, '') : `forbidden ${call}`;
}

/** A device that carries out orders. */
class Device {
  readonly outcomes: Outcome[] = [];
  pid: number | undefined;
  readonly #device: VirtioDevice;

  constructor(
    readonly name: string,
    readonly orders: Orders,
    resources: readonly OwnedFd[],
  ) {
    // The module as such takes no configuration.
    const config = orders as unknown as undefined;
    this.#device = VirtioDevice.create({
      module: rng,
      config,
      resources,
      firstGsi: 24,
      pinGsi: 16,
    });
  }

  get hosted(): HostedDevice {
    const device = this.#device;
    const fds: BackEndFds<number> = device.fds;
    return {
      name: this.name,
      plan: { kind: 'virtio', backEnd: device.plan, queues: fds.kicks.length },
      fds: packVirtioFds(fds),
      counters: device.counters,
      handedOver: () => device.handedOver(),
      hangUp: () => device.hangUp(),
    };
  }

  get isDone(): boolean {
    return this.outcomes.length >= this.orders.attempts.length;
  }

  /** What came of each attempt, by its name. */
  get results(): readonly (readonly [string, Outcome])[] {
    const { attempts } = this.orders;
    return attempts.map((name, index) => [name, this.outcomes[index] ?? 'nothing was heard of it']);
  }

  dispose(): void {
    this.#device[Symbol.dispose]();
  }
}

/** Hostile devices that run at the same time, each in a host of its own. */
export class Batch {
  readonly #devices: readonly Device[];
  readonly #hosts: DeviceHosts;
  /** Those whose hosts have ended. */
  readonly #gone: Device[] = [];
  #heard: () => void = () => undefined;

  /** @param resources makes the descriptors of a device */
  constructor(ground: Ground, orders: readonly Orders[], resources: () => readonly OwnedFd[]) {
    const { mode, kind, policies, memory, poller } = ground;
    // All that the VMM does with it is to name the policy.
    Object.assign(virtioModule('rng'), kind);
    this.#devices = orders.map((each, index) => new Device(`device ${index}`, each, resources()));
    this.#hosts = new DeviceHosts({
      processes: mode !== 'free',
      policies,
      logForbidden: mode === 'unfiltered',
      log: sinkLogger({ level: 'info', write: (record) => this.#logged(record) }),
      onEnd: (end) => this.#ended(end),
    });
    const hosted = this.#devices.map((device) => device.hosted);
    this.#hosts.start(hosted, memory, poller);
  }

  /** What came of each attempt, by its name. Waits for it, for a while. */
  async outcomes(): Promise<readonly (readonly [string, Outcome])[]> {
    const all = new Promise<void>((resolve) => (this.#heard = resolve));
    const timer = setTimeout(() => this.#heard(), PATIENCE_MS);
    this.#check();
    await all;
    clearTimeout(timer);
    return this.#devices.flatMap(({ results }) => results);
  }

  /** The process of the first device, when it is there; undefined if it has none of its own. */
  get pid(): number | undefined {
    return this.#devices[0]?.pid;
  }

  async stop(): Promise<void> {
    await this.#hosts.stop({ hostMs: 5000, hurry: AbortSignal.abort(), hurriedOutputMs: 5000 });
    this.#devices.forEach((device) => device.dispose());
  }

  #deviceNamed(name: string): Device | undefined {
    return this.#devices.find((device) => device.name === name);
  }

  #logged({ component, message }: LogRecord): void {
    const [, name = '', pid] = STARTED.exec(message) ?? [];
    const started = this.#deviceNamed(name);
    if (started !== undefined) {
      started.pid = Number(pid);
    }
    this.#deviceNamed(component)?.outcomes.push(message);
    this.#check();
  }

  #ended(end: VmEnd): void {
    if (end.kind === 'failed') {
      const one = this.#deviceNamed(end.part.replace('the device host of ', ''));
      const all = one === undefined ? this.#devices : [one];
      all
        .filter(({ isDone }) => !isDone)
        .forEach(({ outcomes }) => outcomes.push(outcomeOfEnd(end)));
      this.#gone.push(...all);
      this.#check();
    }
  }

  #check(): void {
    if (this.#devices.every((device) => device.isDone || this.#gone.includes(device))) {
      this.#heard();
    }
  }
}

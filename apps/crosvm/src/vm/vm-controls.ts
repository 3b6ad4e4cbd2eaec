import { setTimeout as delay } from 'node:timers/promises';

import type { DeviceStatus, VmState } from '@crosvm/vm-control';
import { RefusedError } from '@crosvm/vm-control/refused-error';

import type { ControlledVm } from '../control/controlled-vm';
import type { LiveDevices } from './live-devices';
import type { MetricsReader } from './metrics';
import type { GuestClock } from './guest-clock';
import type { SharedRunState } from './run-state';
import type { VmEnd } from './vm-end';

/** How long devices may take to finish what is in flight; a disk of a host in need may take some. */
const SUSPEND_MS = 20_000;

/** What of a machine that runs is controlled. */
export interface ControlledMachine {
  readonly clock: GuestClock;
  pressPowerButton(): void;
}

/** What a VM is controlled by. */
export interface VmControlParts {
  readonly hosts: {
    readonly devices: readonly DeviceStatus[];
    /** The devices that have not done what they were told to do last. */
    readonly awaited: readonly string[];
    suspend(): Promise<void>;
    resume(): Promise<void>;
  };
  readonly vcpus: { pause(): Promise<void> };
  readonly runState: SharedRunState;
  /** Ends the VM. */
  readonly end: (why: VmEnd) => void;
  /** Resolved when the VM is about to end. */
  readonly ended: Promise<unknown>;
}

/** What can be done with a VM from outside, as long as it lives. */
export class VmControls implements ControlledVm {
  live: LiveDevices | undefined;
  metrics: MetricsReader | undefined;
  /** Resolved when the guest runs. */
  readonly started: Promise<void>;
  #setStarted: () => void = () => undefined;
  readonly #parts: VmControlParts;
  #state: VmState = 'starting';
  /** When the guest began to run, as `performance.now()` says. */
  #begin: number | undefined;
  #machine: ControlledMachine | undefined;
  /** Settled when nobody is suspending or resuming. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: VmControlParts) {
    this.#parts = parts;
    this.started = new Promise((resolve) => (this.#setStarted = resolve));
    void parts.ended.then(() => (this.#state = 'ending'));
  }

  get state(): VmState {
    return this.#state;
  }

  get uptimeMs(): number {
    return this.#begin === undefined ? 0 : performance.now() - this.#begin;
  }

  get devices(): readonly DeviceStatus[] {
    return this.#parts.hosts.devices;
  }

  end(why: VmEnd): void {
    this.#parts.end(why);
  }

  suspend(): Promise<void> {
    return this.#inTurn(() => this.#suspend());
  }

  resume(): Promise<void> {
    return this.#inTurn(() => this.#resume());
  }

  /** Presses the power button: what comes of it is the guest's business. */
  pressPowerButton(): void {
    this.#check();
    this.#machine?.pressPowerButton();
  }

  /** The guest has ended and the VM is kept: the vCPUs stop, and the devices pass on what it left. */
  async halt(): Promise<void> {
    await this.#parts.vcpus.pause();
    if (this.#state !== 'ending') {
      this.#state = 'halted';
    }
  }

  /** The guest runs. */
  running(machine: ControlledMachine): void {
    this.#setStarted();
    this.#begin = performance.now();
    this.#machine = machine;
    this.#state = 'running';
  }

  /** One after the other. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** @throws RefusedError if the guest does not run, or not any more */
  #check(): void {
    if (this.#state === 'starting') {
      throw new RefusedError('the guest does not run yet', { hint: 'try again' });
    }
    if (this.#state === 'halted') {
      throw new RefusedError("the guest's kernel has panicked", {
        hint: 'crosvm stop ends the VM',
      });
    }
    if (this.#state === 'ending') {
      throw new RefusedError('the VM is about to end');
    }
  }

  async #suspend(): Promise<void> {
    this.#check();
    if (this.#state === 'suspended') {
      return;
    }
    const { vcpus, hosts } = this.#parts;
    // A vCPU may wait for an answer of its device: hosts go on until it has it.
    await this.#unlessEnded(vcpus.pause());
    this.#machine?.clock.stop();
    const timer = new AbortController();
    const late = delay(SUSPEND_MS, true, { signal: timer.signal }).catch(() => false);
    const isLate = await this.#unlessEnded(Promise.race([hosts.suspend().then(() => false), late]));
    timer.abort();
    if (isLate) {
      const names = hosts.awaited.join(', ');
      void hosts.resume();
      this.#runGuest();
      throw new RefusedError(`what is in flight does not finish: ${names}; the VM goes on`);
    }
    this.#state = 'suspended';
  }

  async #resume(): Promise<void> {
    this.#check();
    if (this.#state === 'suspended') {
      await this.#goOn();
      this.#state = 'running';
    }
  }

  async #goOn(): Promise<void> {
    await this.#unlessEnded(this.#parts.hosts.resume());
    this.#runGuest();
  }

  #runGuest(): void {
    this.#parts.runState.resume(this.#machine?.clock.start() ?? 0n);
  }

  /** @throws RefusedError if the VM ends before */
  async #unlessEnded<Result>(work: Promise<Result>): Promise<Result> {
    const result = await Promise.race([work, this.#parts.ended.then(() => undefined)]);
    this.#check();
    return result as Result;
  }
}

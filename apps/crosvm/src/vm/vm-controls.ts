import type { DeviceStatus, VmState } from '@crosvm/vm-control';

import type { ControlledVm } from '../control/controlled-vm';
import type { LiveDevices } from './live-devices';
import type { VmEnd } from './vm-end';

/** What a VM is controlled by. */
export interface VmControlParts {
  readonly hosts: { readonly devices: readonly DeviceStatus[] };
  /** Ends the VM. */
  readonly end: (why: VmEnd) => void;
}

/** What can be done with a VM from outside, as long as it lives. */
export class VmControls implements ControlledVm {
  live: LiveDevices | undefined;
  readonly #parts: VmControlParts;
  #state: VmState = 'starting';
  /** When the guest began to run, as `performance.now()` says. */
  #begin: number | undefined;

  constructor(parts: VmControlParts) {
    this.#parts = parts;
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

  /** The guest runs. */
  running(): void {
    this.#begin = performance.now();
    this.#state = 'running';
  }

  /** The VM is about to end. */
  ending(): void {
    this.#state = 'ending';
  }
}

import type { RunConfig } from '../config';
import type { VmEnd } from '../vm/vm-end';
import type { ControlledVm } from './controlled-vm';

/** The VM of this process, which may be another one after a restart, as its control socket sees it. */
export class VmSlot {
  #vm: ControlledVm | undefined;
  #starts = 0;
  #stopped: VmEnd | undefined;

  constructor(readonly config: RunConfig) {}

  /** The VM that there is now; undefined before the first. */
  get vm(): ControlledVm | undefined {
    return this.#vm;
  }

  /** How often the guest has been started again. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** Why there is to be no other VM, if that was said. */
  get stopped(): VmEnd | undefined {
    return this.#stopped;
  }

  /** There is a new VM. */
  set(vm: ControlledVm): void {
    this.#vm = vm;
    this.#starts += 1;
  }

  /** Ends the VM that there is, and lets no other one begin. */
  stop(): void {
    this.#stopped = { kind: 'stopped' };
    this.#vm?.end(this.#stopped);
  }

  /**
   * Whether the guest is to be started again after an end.
   * @param why the end
   */
  restartsAfter(why: VmEnd): boolean {
    const { restart = false, onPanic } = this.config;
    const wanted =
      (why.kind === 'reset' && restart) || (why.kind === 'panic' && onPanic === 'restart');
    return wanted && this.#stopped === undefined;
  }
}

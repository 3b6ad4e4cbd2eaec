/** What the vCPUs are to do. */
export const RunState = {
  /** Wait before the next guest instruction. */
  Paused: 0,
  /** Run the guest. */
  Running: 1,
  /** Leave the loop; the thread ends. */
  Stopping: 2,
} as const;

/** One of the values of `RunState`. */
export type RunStateValue = (typeof RunState)[keyof typeof RunState];

const STATE_WORD = 0;
const ACTED_WORD = 1;
const FIRST_VCPU_WORD = 2;

/**
 * What the threads of a VM agree on, in shared memory: the run state, and the thread id of each vCPU
 * while it can be kicked.
 *
 *     word 0            run state; vCPUs wait on it while paused
 *     word 1            1 once the guest has done something that could be seen
 *     word 2 + index    thread id of vCPU `index`, 0 before it exists and after it ended
 */
export class SharedRunState {
  readonly #words: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** Shared memory for a VM that is paused and has `cpus` vCPUs. */
  static create(cpus: number): SharedRunState {
    return new SharedRunState(new SharedArrayBuffer(4 * (FIRST_VCPU_WORD + cpus)));
  }

  get state(): RunStateValue {
    return Atomics.load(this.#words, STATE_WORD) as RunStateValue;
  }

  /** Sets the state and wakes the vCPUs that wait for it. Kick the ones that run. */
  set state(value: RunStateValue) {
    Atomics.store(this.#words, STATE_WORD, value);
    Atomics.notify(this.#words, STATE_WORD);
  }

  /** Waits while the VM is paused; returns the state that ended the wait. */
  waitWhilePaused(): RunStateValue {
    for (;;) {
      const { state } = this;
      if (state !== RunState.Paused) {
        return state;
      }
      Atomics.wait(this.#words, STATE_WORD, RunState.Paused);
    }
  }

  /** Whether any vCPU of the guest has made an exit yet. */
  get guestActed(): boolean {
    return Atomics.load(this.#words, ACTED_WORD) !== 0;
  }

  /** Says that the guest has made an exit. */
  setGuestActed(): void {
    Atomics.store(this.#words, ACTED_WORD, 1);
  }

  /** The thread id of a vCPU, 0 if it does not run. */
  threadOf(vcpu: number): number {
    return Atomics.load(this.#words, FIRST_VCPU_WORD + vcpu);
  }

  /** Says which thread a vCPU runs on; 0 when it stops being there to kick. */
  setThread(vcpu: number, thread: number): void {
    Atomics.store(this.#words, FIRST_VCPU_WORD + vcpu, thread);
  }
}

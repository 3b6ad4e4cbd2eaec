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
const PARKED_WORD = 2;
const RESUMES_WORD = 3;
const STOPPED_TSC_WORD = 4;
const FIRST_VCPU_WORD = 6;

/**
 * What the threads of a VM agree on, in shared memory: the run state, and the thread id of each vCPU
 * while it can be kicked.
 *
 *     word 0            run state; vCPUs wait on it while paused
 *     word 1            1 once the guest has done something that could be seen
 *     word 2            how many vCPUs wait because it is paused
 *     word 3            how often it went on after a pause
 *     words 4 and 5     ticks of the TSC that the guest is not to see, of the last pause
 *     word 6 + index    thread id of vCPU `index`, 0 before it exists and after it ended
 */
export class SharedRunState {
  readonly #words: Int32Array;
  readonly #stoppedTsc: BigUint64Array;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#stoppedTsc = new BigUint64Array(buffer, 4 * STOPPED_TSC_WORD, 1);
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

  /** Pauses a VM that runs; one that is being stopped goes on to its end. */
  pause(): void {
    Atomics.compareExchange(this.#words, STATE_WORD, RunState.Running, RunState.Paused);
  }

  /** Waits while the VM is paused; returns the state that ended the wait. */
  waitWhilePaused(): RunStateValue {
    for (;;) {
      const { state } = this;
      if (state !== RunState.Paused) {
        return state;
      }
      Atomics.add(this.#words, PARKED_WORD, 1);
      Atomics.wait(this.#words, STATE_WORD, RunState.Paused);
      Atomics.sub(this.#words, PARKED_WORD, 1);
    }
  }

  /** How many vCPUs wait because the VM is paused. */
  get parked(): number {
    return Atomics.load(this.#words, PARKED_WORD);
  }

  /** How often the VM went on after a pause. */
  get resumes(): number {
    return Atomics.load(this.#words, RESUMES_WORD);
  }

  /** By how many ticks the TSC went on during the last pause; 0 where that is not known. */
  get stoppedTsc(): bigint {
    return Atomics.load(this.#stoppedTsc, 0);
  }

  /** Lets a VM that was paused go on. The vCPUs take that many ticks off their TSC before. */
  resume(stoppedTsc: bigint): void {
    Atomics.store(this.#stoppedTsc, 0, stoppedTsc);
    Atomics.add(this.#words, RESUMES_WORD, 1);
    this.state = RunState.Running;
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

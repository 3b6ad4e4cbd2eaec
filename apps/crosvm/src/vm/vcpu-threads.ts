import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

import { kickThread } from '@crosvm/sys-util';

import { NO_WORK, takeWorker } from './early-worker';
import { RunState, type SharedRunState } from './run-state';
import type { VcpuMessage, VcpuPlan, VcpuRequest, VcpuStart } from './vcpu-plan';
import { KICK_SIGNAL } from './vcpu-signal';
import type { VmEnd } from './vm-end';

/** How often a vCPU that was told to stop is kicked again: a kick before KVM_RUN may be taken early. */
const KICK_INTERVAL_MS = 20;

/** What a vCPU thread reports while it lives. */
export interface VcpuEvents {
  /** The guest, KVM or the thread itself ended the VM. */
  onEnd(end: VmEnd): void;
  /** The guest's kernel has panicked, and the VM is to be kept. */
  onPanic(): void;
  onLog(level: 'warn' | 'debug', message: string): void;
}

interface Thread {
  readonly worker: Worker;
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
}

/**
 * The threads of a VM's vCPUs, one worker each. They are started before there is a machine, because a
 * worker takes as long to start as a machine to build. They make their vCPUs when there are devices,
 * while the guest is being loaded.
 */
export class VcpuThreads {
  readonly #threads: readonly Thread[];
  readonly #runState: SharedRunState;
  readonly #events: VcpuEvents;
  #started = false;
  #stopping = false;

  constructor(runState: SharedRunState, cpus: number, events: VcpuEvents) {
    this.#runState = runState;
    this.#events = events;
    this.#threads = Array.from({ length: cpus }, (_, index) => this.#begin(index));
  }

  /** Lets each thread make its vCPU. */
  make(planOf: (index: number) => VcpuPlan): void {
    this.#threads.forEach((_, index) => this.#send(index, { kind: 'make', plan: planOf(index) }));
  }

  /**
   * Says how the vCPUs begin, and waits until all are ready; they do not run before the run state says
   * so. Rejects with the reason if one cannot be made.
   */
  async start(start: VcpuStart): Promise<void> {
    this.#started = true;
    this.#threads.forEach((_, index) => this.#send(index, { kind: 'start', start }));
    await Promise.all(this.#threads.map(({ ready }) => ready));
  }

  /** Stops all vCPUs at the next instruction, and waits until they wait; `SharedRunState.resume` undoes it. */
  async pause(): Promise<void> {
    this.#runState.pause();
    for (let ms = 1; !this.#stopping && this.#runState.parked < this.#threads.length; ms *= 2) {
      this.#kickAll();
      await delay(Math.min(ms, KICK_INTERVAL_MS));
    }
  }

  /** Stops all vCPUs wherever they are, and waits until their threads have ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#runState.state = RunState.Stopping;
    this.#kickAll();
    const timer = setInterval(() => this.#kickAll(), KICK_INTERVAL_MS);
    try {
      // Once started they see the run state, sooner or later; before, they wait for a message.
      if (!this.#started) {
        this.#threads.forEach(({ worker }) => worker.postMessage(NO_WORK));
      }
      await Promise.all(this.#threads.map(({ exited }) => exited));
    } finally {
      clearInterval(timer);
    }
  }

  #send(index: number, request: VcpuRequest): void {
    this.#threads[index]?.worker.postMessage(request);
  }

  #kickAll(): void {
    this.#threads.forEach((_, index) => {
      const thread = this.#runState.threadOf(index);
      if (thread !== 0) {
        kickThread(process.pid, thread, KICK_SIGNAL);
      }
    });
  }

  #begin(index: number): Thread {
    const worker = takeWorker();
    const part = `vCPU ${index}`;
    const ready = new Promise<void>((resolve, reject) => {
      worker.on('message', (message: VcpuMessage) => {
        if (message.kind === 'ready') {
          resolve();
        } else if (message.kind === 'panicked') {
          this.#events.onPanic();
        } else if (message.kind === 'log') {
          this.#events.onLog(message.level, `${part}: ${message.message}`);
        } else if (message.end !== undefined) {
          this.#events.onEnd(message.end);
        }
      });
      worker.once('error', (cause) => {
        reject(cause);
        this.#events.onEnd({ kind: 'failed', part, cause });
      });
    });
    // A failure before `prepare` looks is reported by `onEnd`, too.
    ready.catch(() => undefined);
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        if (!this.#stopping) {
          const cause = new Error('its thread ended');
          this.#events.onEnd({ kind: 'failed', part, cause });
        }
        resolve();
      });
    });
    return { worker, ready, exited };
  }
}

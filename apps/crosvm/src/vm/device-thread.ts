import type { Worker } from 'node:worker_threads';

import type { DeviceMessage, DevicePlan, DeviceRequest } from './device-plan';
import { dismissWorker, takeWorker } from './early-workers';
import type { VmEnd } from './vm-end';

/** What the device thread reports while it lives. */
export interface DeviceEvents {
  /** A back end failed. */
  onEnd(end: VmEnd): void;
  onLog(level: 'warn' | 'debug', message: string): void;
  /** A line that the guest wrote to the serial port `port`, which goes to the log. */
  onGuestLine(port: number, line: string): void;
}

/** The thread that the back ends of a VM's legacy devices run on. */
export class DeviceThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #draining = false;
  #started = false;

  constructor(events: DeviceEvents) {
    this.#worker = takeWorker('device-thread');
    this.#worker.on('message', (message: DeviceMessage) => {
      switch (message.kind) {
        case 'failed':
          events.onEnd(message.end);
          break;
        case 'log':
          events.onLog(message.level, message.message);
          break;
        case 'guest-line':
          events.onGuestLine(message.port, message.line);
      }
    });
    const part = 'the device thread';
    this.#worker.once('error', (cause) => events.onEnd({ kind: 'failed', part, cause }));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        if (!this.#draining) {
          events.onEnd({ kind: 'failed', part, cause: new Error('it ended') });
        }
        resolve();
      });
    });
  }

  /** Starts the back ends. */
  start(plan: DevicePlan): void {
    this.#started = true;
    this.#send({ kind: 'start', plan });
  }

  /**
   * Passes on what the guest wrote, then ends. The guest must have stopped.
   * @param timeoutMs after that long what nobody reads is given up; undefined: never
   */
  async stop(timeoutMs: number | undefined): Promise<void> {
    this.#draining = true;
    if (!this.#started) {
      await dismissWorker(this.#worker);
      return;
    }
    this.#send({ kind: 'drain' });
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => void this.#worker.terminate(), timeoutMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(request: DeviceRequest): void {
    this.#worker.postMessage(request);
  }
}

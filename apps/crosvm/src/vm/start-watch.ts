import { readFileSync } from 'node:fs';

import { anyStopped, isGone, killChild, pollStop } from '@crosvm/io-jail';

/** How often it is looked: a process that is stopped before it is a child of this one is not told of. */
const LOOK_MS = 200;

/** How many times a start may be looked at: a minute, and on a busy machine more. */
const MAX_LOOKS = 300;

/** What happened to a start. */
export interface StartEvents {
  /** The zygote was stopped, or does not answer: nothing will come of it. */
  readonly onZygote: (how: string) => void;
  /** The process that it is about to make a host of was stopped, and was killed. */
  readonly onHost: (how: string) => void;
}

/** What may have no such child any more. */
function ifThere<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Whether a child is a fork of the zygote that is no device host yet. */
function isUnfinished(pid: number, zygote: number, script: string): boolean {
  return pid !== zygote && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(script);
}

/** Looks whether starts of device hosts get on, as long as any are under way. */
export class StartWatch implements Disposable {
  readonly #timer = setInterval(() => this.#tick(), LOOK_MS).unref();
  readonly #zygote: number | undefined;
  readonly #script: string;
  readonly #events: StartEvents;
  #looks = 0;

  /**
   * @param zygote its process, if there is one
   * @param script the program that it runs, by which its forks are known
   */
  constructor(zygote: number | undefined, script: string, events: StartEvents) {
    this.#zygote = zygote;
    this.#script = script;
    this.#events = events;
  }

  /** A start has come to its end: the next one has all the time again. */
  restart(): void {
    this.#looks = 0;
  }

  /** Looks now. */
  look(): void {
    const zygote = this.#zygote;
    if (zygote === undefined) {
      return;
    }
    const signal = ifThere(() => pollStop(zygote));
    if (signal !== undefined) {
      this.#events.onZygote(`it was stopped by ${signal}`);
      return;
    }
    const pid = ifThere(anyStopped);
    if (pid !== undefined && isUnfinished(pid, zygote, this.#script)) {
      const how = ifThere(() => pollStop(pid)) ?? 'a signal';
      killChild(pid);
      this.#events.onHost(`it was stopped by ${how}`);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#looks += 1;
    this.look();
    if (this.#looks === MAX_LOOKS) {
      this.#events.onZygote('it does not answer');
    }
  }
}

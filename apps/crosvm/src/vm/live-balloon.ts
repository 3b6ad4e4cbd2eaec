import { balloonReportOf, type BalloonStatistics, type DeviceCommand } from '@crosvm/devices';

import { UserError } from '../user-error';
import type { Commander } from './commander';
import { DeviceError } from './host-questions';
import { BALLOON_NAME } from './virtio-devices';

const PAGE = 4096;

/** How long the device host may take to answer. */
const HOST_MS = 5000;

/** How long the guest may take to give its statistics. */
const GUEST_MS = 2000;

/** How much memory a guest has given back, and what it says of the rest. */
export interface BalloonInfo {
  /** Bytes that it is to give. */
  readonly target: number;
  /** Bytes that it gave. */
  readonly actual: number;
  /** Whether it has a driver for the balloon. */
  readonly hasDriver: boolean;
  /** Undefined if it says nothing. */
  readonly statistics?: BalloonStatistics;
}

/** The balloon of a VM that runs. */
export class LiveBalloon {
  readonly #hosts: Commander;
  readonly #memory: number;

  /** @param memory bytes that the guest has */
  constructor(hosts: Commander, memory: number) {
    this.#hosts = hosts;
    this.#memory = memory;
  }

  /**
   * Asks the guest to give that many bytes, rounded down to whole pages, or to take what is more back. It
   * takes a while, and as much of it as the guest can spare.
   * @throws UserError if it has not as much
   * @throws DeviceError
   */
  set(bytes: number): Promise<BalloonInfo> {
    if (bytes > this.#memory) {
      throw new UserError(`the guest has ${this.#memory} bytes of memory, and not ${bytes}`, {
        hint: 'give the size of the balloon: what the guest is to do without',
      });
    }
    return this.#ask({ kind: 'set-balloon', pages: Math.floor(bytes / PAGE) }, HOST_MS);
  }

  /**
   * How full it is, and what the guest says of its memory, if it does so soon.
   * @throws DeviceError
   */
  async info(): Promise<BalloonInfo> {
    const state = await this.#ask({ kind: 'balloon-state' }, HOST_MS);
    try {
      return state.hasDriver ? await this.#ask({ kind: 'balloon-report' }, GUEST_MS) : state;
    } catch (error) {
      if (error instanceof DeviceError) {
        return state;
      }
      throw error;
    }
  }

  async #ask(command: DeviceCommand, timeoutMs: number): Promise<BalloonInfo> {
    const answer = balloonReportOf(await this.#hosts.command(BALLOON_NAME, command, timeoutMs));
    if (answer === undefined) {
      throw new DeviceError('its answer makes no sense');
    }
    const { target, actual, ...rest } = answer;
    return { target: target * PAGE, actual: actual * PAGE, ...rest };
  }
}

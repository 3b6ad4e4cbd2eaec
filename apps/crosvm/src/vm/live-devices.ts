import { SysError } from '@crosvm/sys-util';
import { RefusedError } from '@crosvm/vm-control/refused-error';

import { errorHint, errorText } from '../cli/error-text';
import { UserError } from '../user-error';
import type { Commander } from './commander';
import { DeviceError } from './host-questions';
import { type BalloonInfo, LiveBalloon } from './live-balloon';
import type { LiveDisk, Resize } from './live-disk';
import { BALLOON_NAME, diskName } from './virtio-devices';

/** What there is to be asked. */
export interface LiveDevicesParts {
  readonly hosts: Commander;
  /** As the guest names them. */
  readonly disks: readonly LiveDisk[];
  /** Bytes that the guest has. */
  readonly memory: number;
  readonly hasBalloon: boolean;
}

/** Says of what the system, or a device, or the user did that it cannot be done, and why. */
async function refusing<Result>(device: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(
      error instanceof UserError ||
      error instanceof DeviceError ||
      error instanceof SysError
    )) {
      throw error;
    }
    const text = errorText(error);
    const hint = errorHint(error);
    const message = error instanceof UserError ? text : `${device}: ${text}`;
    throw new RefusedError(message, { ...(hint !== undefined && { hint }), cause: error });
  }
}

/** The devices of a VM, for what is asked of them while it runs. */
export class LiveDevices {
  readonly #parts: LiveDevicesParts;
  readonly #balloon: LiveBalloon | undefined;

  constructor(parts: LiveDevicesParts) {
    this.#parts = parts;
    this.#balloon = parts.hasBalloon ? new LiveBalloon(parts.hosts, parts.memory) : undefined;
  }

  /** As `LiveBalloon.set`. @throws RefusedError */
  setBalloon(bytes: number): Promise<BalloonInfo> {
    return refusing(BALLOON_NAME, async () => this.#theBalloon.set(bytes));
  }

  /** As `LiveBalloon.info`. @throws RefusedError */
  balloonInfo(): Promise<BalloonInfo> {
    return refusing(BALLOON_NAME, async () => this.#theBalloon.info());
  }

  /** As `LiveDisk.resize`, of disk `index`. @throws RefusedError */
  resizeDisk(index: number, resize: Resize): Promise<{ readonly bytes: number }> {
    const { disks, hosts } = this.#parts;
    return refusing(diskName(index), async () => {
      const disk = disks[index];
      if (disk === undefined) {
        throw new UserError(`there is no disk ${index}`, {
          hint:
            disks.length === 0
              ? 'the VM has none'
              : `the disks are 0 to ${disks.length - 1}, in the order of its command line`,
        });
      }
      return disk.resize(hosts, resize);
    });
  }

  get #theBalloon(): LiveBalloon {
    if (this.#balloon === undefined) {
      throw new UserError('the VM has no balloon', { hint: 'start it without --no-balloon' });
    }
    return this.#balloon;
  }
}

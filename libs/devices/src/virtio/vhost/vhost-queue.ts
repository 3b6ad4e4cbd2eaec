import type { GuestMemory } from '@crosvm/sys-util';
import type { VhostDevice } from '@crosvm/vhost';

import type { QueueHandover } from '../backend';
import { availRingBytes, descTableBytes, usedRingBytes } from '../queue/queue-config';

/** A queue of a vhost device. */
export interface VhostQueue {
  readonly device: VhostDevice;
  /** Its number in the device. */
  readonly index: number;
  /** Which entry of the available ring comes next. */
  readonly base: number;
  /** Signalled when the kernel cannot use it as its driver set it up. */
  readonly errorFd: number;
}

/**
 * Gives the kernel a queue that was given out of hand. It does nothing with it before it is started.
 * @throws SysError
 */
export function giveQueue(
  { device, index, base, errorFd }: VhostQueue,
  { setup, kickFd, callFd }: QueueHandover,
  memory: GuestMemory,
): void {
  const { size } = setup;
  device.setVringSize(index, size);
  device.setVringBase(index, base);
  // SAFETY: guest memory is never unmapped; the queue was checked to be all in it.
  device.setVringAddresses(index, {
    desc: memory.hostAddress(setup.desc, descTableBytes(size)),
    avail: memory.hostAddress(setup.avail, availRingBytes(size)),
    used: memory.hostAddress(setup.used, usedRingBytes(size)),
  });
  device.setVringError(index, errorFd);
  device.setVringCall(index, callFd);
  device.setVringKick(index, kickFd);
}

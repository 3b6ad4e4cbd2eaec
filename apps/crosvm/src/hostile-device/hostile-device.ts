import type { BackendResources, VirtioBackend } from '@crosvm/devices';
import type { AddressRange } from '@crosvm/io-jail';
import { Errno, EventFd, POLL_READABLE, SysError } from '@crosvm/sys-util';

import type { Attempt, Outcome } from './attempt';
import { Attacker } from './attacker';
import { attemptNamed } from './attempts';
import type { Orders } from './world';

/** Node has no texts for some. */
function nameOf({ code, errno }: SysError): string {
  return Object.entries(Errno).find(([, value]) => value === errno)?.[0] ?? code;
}

function outcomeOf({ run }: Attempt, attacker: Attacker): Outcome {
  try {
    run(attacker);
    return 'works';
  } catch (error) {
    return error instanceof SysError ? nameOf(error) : String(error);
  }
}

/**
 * A back end that tries to get out when it serves for the first time, and says in messages what came of it:
 * one an attempt, in order. Until then it does what back ends do: it is made when there is no lock-down
 * yet.
 */
export class HostileDevice implements VirtioBackend {
  constructor(
    { attempts, world }: Orders,
    { fds, poller, logger }: BackendResources,
    code: AddressRange,
  ) {
    const kick = EventFd.create();
    const attacker = new Attacker(world, fds, code);
    const made = attempts.map(attemptNamed);
    made.forEach(({ prepare }) => prepare?.(attacker));
    poller.add(kick.raw, POLL_READABLE, () => {
      kick.read();
      made.forEach((each) => logger.warn(outcomeOf(each, attacker)));
    });
    kick.signal();
  }

  activate(): void {
    // No driver will come.
  }

  handleQueue(): boolean {
    return false;
  }

  reset(): void {
    // There is nothing in flight.
  }

  [Symbol.dispose](): void {
    this.reset();
  }
}

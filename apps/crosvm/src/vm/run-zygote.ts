import { dieWithParent, exitNow, OwnedFd } from '@crosvm/sys-util';

import { CONTROL_FD } from './host-start';
import { serveForks } from './zygote';

/** The life of a process that device hosts are forked from. */
export function runZygote(): void {
  dieWithParent();
  serveForks(OwnedFd.adopt(CONTROL_FD));
  // Node would set the terminal that is its standard error back to what it was when this process started,
  // and the guest's console would lose its raw mode.
  exitNow(0);
}

/*
 * The process that device hosts are forked from. It has loaded what they need, so that starting one takes
 * milliseconds and no memory of its own; it never sees anything of a guest.
 */

import { dieWithParent, exitNow, OwnedFd } from '@crosvm/sys-util';

import { CONTROL_FD } from './vm/host-start';
import { serveForks } from './vm/zygote';

dieWithParent();
serveForks(OwnedFd.adopt(CONTROL_FD));
// Node would set the terminal that is its standard error back to what it was when this process started,
// and the guest's console would lose its raw mode.
exitNow(0);

/*
 * The process that device hosts are forked from. It has loaded what they need, so that starting one takes
 * milliseconds and no memory of its own; it never sees anything of a guest.
 */

import { runZygote } from './vm/run-zygote';

runZygote();

/* The thread of all device hosts with --disable-sandbox. */

import { runHostThread } from './vm/run-host-thread';

runHostThread();

/* The thread of a user's own device with --disable-sandbox: with all that it may import. */

import './vm/device-api';
import { runHostThread } from './vm/run-host-thread';

runHostThread();

import { virtioModule } from '@crosvm/devices';
import { codeRange } from '@crosvm/io-jail';

import { HostileDevice } from './hostile-device';
import type { Orders } from './world';

/*
 * Loaded before the rest of a process or thread of device hosts: every entropy device that it is to make
 * is hostile.
 */

/** As whoever took over a device knows it. */
const code = codeRange() ?? { start: 0, end: 0 };

Object.assign(virtioModule('rng'), {
  create: (orders: unknown, resources: ConstructorParameters<typeof HostileDevice>[1]) =>
    new HostileDevice(orders as Orders, resources, code),
});

import { EventFd, Mapping } from '@crosvm/sys-util';

import type { HostServices, InterruptLine, PowerControl } from './front-end';

/** The interrupt behind an irqfd, which stays its owner's. */
export function eventInterrupt(fd: number): InterruptLine {
  const event = EventFd.adopt(fd);
  return { raise: () => event.signal() };
}

/**
 * What front ends need, on this thread. The descriptors stay their owners': the VMM keeps them, and
 * what is mapped, open until the process ends.
 */
export function hostServices(power: PowerControl): HostServices {
  return {
    power,
    interrupt: eventInterrupt,
    doorbell: (fd) => {
      const event = EventFd.adopt(fd);
      return { ring: () => event.signal() };
    },
    mapPage: (fd, size) => Mapping.ofFd(fd, { size }).bytes,
    now: Date.now,
  };
}

import { EventFd, Mapping, waitReadable } from '@crosvm/sys-util';

import { NO_PCI_HOST, type PciHost } from '../pci/pci-host';
import { SocketBackEndPort } from '../virtio/channel/port';
import type { HostServices, InterruptWire, PowerControl } from './front-end';

/** The interrupt behind an irqfd, which stays its owner's. */
export function eventInterrupt(fd: number): InterruptWire {
  const event = EventFd.adopt(fd);
  return {
    raise: () => event.signal(),
    get pending() {
      return waitReadable(fd, 0);
    },
    clear: () => void event.read(),
  };
}

/** What a VMM adds to the services that every process has. */
export interface HostServicesOptions {
  /** What PCI devices make KVM do; nothing by default. */
  readonly pci?: PciHost;
  /** Takes note of what the guest does wrong; limit its rate. */
  readonly onGuestError?: (message: string) => void;
}

/**
 * What front ends need, on this thread. The descriptors stay their owners': the VMM keeps them, and
 * what is mapped, open until the process ends.
 */
export function hostServices(power: PowerControl, options: HostServicesOptions = {}): HostServices {
  const { pci = NO_PCI_HOST, onGuestError = () => undefined } = options;
  return {
    power,
    pci,
    interrupt: eventInterrupt,
    doorbell: (fd) => {
      const event = EventFd.adopt(fd);
      return { ring: () => event.signal() };
    },
    backEnd: (fd) => new SocketBackEndPort(fd),
    mapPage: (fd, size) => Mapping.ofFd(fd, { size }).bytes,
    now: Date.now,
    guestError: onGuestError,
  };
}

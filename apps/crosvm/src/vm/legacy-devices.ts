import {
  acpiPm,
  cmos,
  type FrontEndRequest,
  type FrontEndSet,
  i8042,
  request,
  serial,
  SERIAL_PAGE_SIZE,
} from '@crosvm/devices';
import type { Vm } from '@crosvm/kvm';
import { EventFd, type OwnedFd, SharedMemory } from '@crosvm/sys-util';
import {
  I8042_DATA_PORT,
  PM1A_EVENT_PORT,
  RESET_PORT,
  RTC_IRQ,
  RTC_PORT,
  SCI_IRQ,
  SERIAL_IRQS,
  SERIAL_PORTS,
} from '@crosvm/x86-64';

import type { RunConfig, SerialConfig } from '../config';
import type { DevicePlan, SerialPlan, SinkPlan } from './device-plan';
import type { SerialFiles } from './serial-files';

const STDOUT = 1;

/** The devices that every PC has, made for one VM. */
export interface LegacyDevices {
  readonly requests: readonly FrontEndRequest[];
  /** What the back ends need; `inputFd` is what a port that takes input reads. */
  readonly devicePlan: (frontEnds: FrontEndSet, inputFd: number) => DevicePlan;
}

/** Makes eventfds and keeps them, and everything else the devices hold, from the garbage collector. */
class Resources {
  readonly #kept: (EventFd | OwnedFd)[] = [];

  constructor(private readonly vm: Vm) {}

  /** An eventfd whose signals are edges of an interrupt. */
  irqFd(gsi: number): number {
    const event = this.event();
    this.vm.registerIrqfd(event, gsi);
    return event.raw;
  }

  event(): EventFd {
    const event = EventFd.create();
    this.#kept.push(event);
    return event;
  }

  keep(fd: OwnedFd): number {
    this.#kept.push(fd);
    return fd.raw;
  }
}

function sinkOf({ type, num }: SerialConfig, files: SerialFiles): SinkPlan | undefined {
  switch (type) {
    case 'stdout':
      return { kind: 'fd', fd: STDOUT };
    case 'syslog':
      return { kind: 'syslog' };
    case 'sink':
      return undefined;
    case 'file': {
      const fd = files.fdOf(num);
      return fd === undefined ? undefined : { kind: 'fd', fd };
    }
  }
}

interface SerialDevice {
  readonly request: FrontEndRequest;
  readonly plan: (inputFd: number) => SerialPlan | undefined;
}

function makeSerial(
  config: SerialConfig,
  sink: SinkPlan | undefined,
  resources: Resources,
): SerialDevice {
  const index = config.num - 1;
  const base = SERIAL_PORTS[index] ?? 0;
  const irqFd = resources.irqFd(SERIAL_IRQS[index] ?? 0);
  if (sink === undefined && !config.stdin) {
    return { request: request(serial, { base, irqFd }), plan: () => undefined };
  }
  const pageFd = resources.keep(
    SharedMemory.create(`crosvm_com${config.num}`, SERIAL_PAGE_SIZE).fd,
  );
  const kickFd = resources.event().raw;
  return {
    request: request(serial, { base, irqFd, connection: { pageFd, kickFd } }),
    plan: (inputFd) => ({
      num: config.num,
      pageFd,
      kickFd,
      irqFd,
      ...(sink === undefined ? {} : { sink }),
      ...(config.stdin ? { inputFd } : {}),
    }),
  };
}

/**
 * Makes the legacy devices of a VM, whose interrupt controllers exist.
 * @param files stay the caller's, who keeps them open
 * @throws SysError EMFILE
 */
export function makeLegacyDevices(vm: Vm, config: RunConfig, files: SerialFiles): LegacyDevices {
  const resources = new Resources(vm);
  const ports = config.serial.map((port) => makeSerial(port, sinkOf(port, files), resources));
  const rtcIrqFd = resources.irqFd(RTC_IRQ);
  const rtcKickFd = resources.event().raw;
  const pm = { base: PM1A_EVENT_PORT, resetPort: RESET_PORT, irqFd: resources.irqFd(SCI_IRQ) };
  const requests = [
    request(acpiPm, pm),
    request(i8042, { base: I8042_DATA_PORT }),
    request(cmos, { base: RTC_PORT, irqFd: rtcIrqFd, kickFd: rtcKickFd }),
    ...ports.map((port) => port.request),
  ];
  return {
    requests,
    devicePlan: (frontEnds, inputFd) => ({
      frontEnds,
      serial: ports.flatMap((port) => port.plan(inputFd) ?? []),
      rtc: { irqFd: rtcIrqFd, kickFd: rtcKickFd },
    }),
  };
}

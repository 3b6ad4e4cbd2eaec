import {
  acpiPm,
  areaOf,
  cmos,
  type FrontEndRequest,
  type FrontEndSet,
  eventInterrupt,
  i8042,
  pressPowerButton,
  pvpanic,
  request,
} from '@crosvm/devices';
import type { Vm } from '@crosvm/kvm';
import { EventFd } from '@crosvm/sys-util';
import {
  I8042_DATA_PORT,
  PM1A_EVENT_PORT,
  PVPANIC_PORT,
  RESET_PORT,
  RTC_IRQ,
  RTC_PORT,
  SCI_IRQ,
} from '@crosvm/x86-64';

import type { RunConfig } from '../config';
import type { HostedDevice } from './device-plan';
import type { OwnBackEndsPlan } from './own-back-ends';
import type { SerialFiles } from './serial-files';
import { makeSerialPort } from './serial-ports';

/** The devices that every PC has, made for one VM. */
export interface LegacyDevices {
  readonly requests: readonly FrontEndRequest[];
  /** The devices that device hosts run; `inputFd` is what a serial port that takes input reads. */
  readonly hosted: (inputFd: number) => readonly HostedDevice[];
  /** Presses the machine's power button. */
  readonly pressPowerButton: (frontEnds: FrontEndSet) => void;
  /** What the VMM's own back ends need. */
  readonly ownBackEnds: (frontEnds: FrontEndSet) => OwnBackEndsPlan;
}

function irqEvent(vm: Vm, gsi: number): EventFd {
  const event = EventFd.create();
  vm.registerIrqfd(event, gsi);
  return event;
}

/**
 * Makes the legacy devices of a VM, whose interrupt controllers exist.
 * @param files stay the caller's, who keeps them open
 * @throws SysError EMFILE
 */
export function makeLegacyDevices(vm: Vm, config: RunConfig, files: SerialFiles): LegacyDevices {
  const ports = config.serial.map((port) => ({
    num: port.num,
    ...makeSerialPort({ vm, config: port, files }),
  }));
  const rtc = { irqFd: irqEvent(vm, RTC_IRQ).raw, kickFd: EventFd.create().raw };
  const sciFd = irqEvent(vm, SCI_IRQ).raw;
  return {
    requests: [
      request(acpiPm, { base: PM1A_EVENT_PORT, resetPort: RESET_PORT, irqFd: sciFd }),
      request(i8042, { base: I8042_DATA_PORT }),
      request(pvpanic, { base: PVPANIC_PORT }),
      request(cmos, { base: RTC_PORT, ...rtc }),
      ...ports.map((port) => port.request),
    ],
    hosted: (inputFd) => ports.flatMap((port) => port.hosted(inputFd) ?? []),
    pressPowerButton: (frontEnds) => {
      const pm = frontEnds.placements.findIndex(({ module }) => module === acpiPm.name);
      pressPowerButton(areaOf(frontEnds, pm), eventInterrupt(sciFd));
    },
    ownBackEnds: (frontEnds) => {
      const clock = frontEnds.placements.findIndex(({ module }) => module === cmos.name);
      return {
        rtc: { area: areaOf(frontEnds, clock), ...rtc },
        logged: ports.flatMap(({ num, reader }) =>
          reader === undefined ? [] : [{ port: num, reader }],
        ),
      };
    },
  };
}

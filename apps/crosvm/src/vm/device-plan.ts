import type { FrontEndSet } from '@crosvm/devices';

import type { VmEnd } from './vm-end';

/** Where the output of a serial port goes. */
export type SinkPlan = { readonly kind: 'fd'; readonly fd: number } | { readonly kind: 'syslog' };

/** The back end of a serial port; descriptors are numbers of this process. */
export interface SerialPlan {
  /** 1 to 4. */
  readonly num: number;
  readonly pageFd: number;
  readonly kickFd: number;
  readonly irqFd: number;
  /** Left out where output is discarded. */
  readonly sink?: SinkPlan;
  /** What the port takes as input. */
  readonly inputFd?: number;
}

/** What the device thread is given: the back ends of the legacy devices. */
export interface DevicePlan {
  /** For the back ends that act on guest-visible state under the device's lock: the clock. */
  readonly frontEnds: FrontEndSet;
  readonly serial: readonly SerialPlan[];
  readonly rtc: { readonly irqFd: number; readonly kickFd: number };
}

/** What the supervisor tells the device thread. */
export type DeviceRequest =
  | { readonly kind: 'start'; readonly plan: DevicePlan }
  /** The guest has ended: pass on what it wrote, then end. */
  | { readonly kind: 'drain' };

/** What the device thread tells the supervisor. */
export type DeviceMessage =
  | { readonly kind: 'failed'; readonly end: VmEnd }
  | { readonly kind: 'log'; readonly level: 'warn' | 'debug'; readonly message: string }
  /** A line that the guest wrote to a port that goes to the log. */
  | { readonly kind: 'guest-line'; readonly port: number; readonly line: string };

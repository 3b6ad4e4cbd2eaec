import {
  type BackEndFds,
  type BackEndPlan,
  type DeviceCounters,
  type HostBind,
  type MemoryRequestServer,
  type SerialFds,
  virtioModule,
} from '@crosvm/devices';

/** The seccomp policy of a serial port's host. */
const SERIAL_POLICY = 'serial_device';

/** What the back end of a device is made of, besides its descriptors: plain data. */
export type DevicePlan =
  | { readonly kind: 'virtio'; readonly backEnd: BackEndPlan; readonly queues: number }
  /** A device of the user's own, whose host has loaded it. */
  | { readonly kind: 'custom'; readonly queues: number }
  | {
      readonly kind: 'serial';
      /** Whether its output goes anywhere. */
      readonly output: boolean;
      /** Whether it takes input. */
      readonly input: boolean;
    };

/** A device whose back end is to run in a device host. */
export interface HostedDevice {
  /** For messages, such as `disk vda`. */
  readonly name: string;
  readonly plan: DevicePlan;
  /** In the order of the plan's kind, see `packVirtioFds` and `packSerialFds`; they stay the device's. */
  readonly fds: readonly number[];
  /** What its back end counts. */
  readonly counters: DeviceCounters;
  /** Where what it asks of the VM is served, for a device that asks. */
  readonly requests?: MemoryRequestServer;
  /** The host has its copies: what is the back end's alone is closed here. */
  handedOver(): void;
  /** The guest has ended: a vCPU that waits for the back end waits no longer. */
  hangUp(): void;
}

/** What the process of a device's back end is given, besides descriptors. */
export interface HostNeeds {
  /** The name of its seccomp policy. */
  readonly policy: string;
  /** Whether its JavaScript is compiled. */
  readonly compiled: boolean;
  /** To what size it may make files larger; undefined: any. */
  readonly fileBytes?: number;
  /** Whether that may change while it runs. */
  readonly fileResizes?: boolean;
  /** What its root has; default: nothing. */
  readonly binds?: readonly HostBind[];
}

/** What the process of a device's back end needs, if it is not one of the user's own. */
export function hostNeeds(plan: Exclude<DevicePlan, { kind: 'custom' }>): HostNeeds {
  if (plan.kind === 'serial') {
    return { policy: SERIAL_POLICY, compiled: false };
  }
  const { device, config } = plan.backEnd;
  const module = virtioModule(device);
  const { policy, compiled = false, fileResizes = false } = module;
  const binds = module.binds?.(config);
  const fileBytes = module.fileBytes?.(config) ?? 0;
  return { policy, compiled, fileBytes, fileResizes, ...(binds && { binds }) };
}

/** The descriptors of a virtio device's back end in the order in which they travel. */
export function packVirtioFds<Fd>(fds: BackEndFds<Fd>): readonly Fd[] {
  const { page, channel, resample, kicks, wires, resources } = fds;
  return [page, channel, resample, ...kicks, ...wires, ...resources];
}

/**
 * Undoes `packVirtioFds`.
 * @throws RangeError if there are too few
 */
export function unpackVirtioFds<Fd>(fds: readonly Fd[], queues: number): BackEndFds<Fd> {
  const [page, channel, resample, ...rest] = fds;
  if (page === undefined || channel === undefined || resample === undefined) {
    throw new RangeError(`${fds.length} descriptors for a device`);
  }
  const wiresEnd = 2 * queues + 1;
  return {
    page,
    channel,
    resample,
    kicks: rest.slice(0, queues),
    wires: rest.slice(queues, wiresEnd),
    resources: rest.slice(wiresEnd),
  };
}

/** The descriptors of a serial port's back end in the order in which they travel. */
export function packSerialFds<Fd>({
  page,
  kick,
  irq,
  output,
  input,
}: SerialFds<Fd>): readonly Fd[] {
  return [
    page,
    kick,
    irq,
    ...(output === undefined ? [] : [output]),
    ...(input === undefined ? [] : [input]),
  ];
}

/**
 * Undoes `packSerialFds`.
 * @throws RangeError if there are too few
 */
export function unpackSerialFds<Fd>(
  fds: readonly Fd[],
  plan: { readonly output: boolean; readonly input: boolean },
): SerialFds<Fd> {
  const [page, kick, irq, ...rest] = fds;
  const output = plan.output ? rest.shift() : undefined;
  const input = plan.input ? rest.shift() : undefined;
  if (
    page === undefined ||
    kick === undefined ||
    irq === undefined ||
    plan.output !== (output !== undefined) ||
    plan.input !== (input !== undefined)
  ) {
    throw new RangeError(`${fds.length} descriptors for a serial port`);
  }
  return {
    page,
    kick,
    irq,
    ...(output === undefined ? {} : { output }),
    ...(input === undefined ? {} : { input }),
  };
}

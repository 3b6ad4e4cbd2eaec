import {
  array,
  boolean,
  type GenericSchema,
  type InferOutput,
  integer,
  maxValue,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  record,
  strictObject,
  string,
} from 'valibot';

/** A whole number from 0 on: a count, bytes, milliseconds. */
const count = pipe(number(), integer(), minValue(0), maxValue(Number.MAX_SAFE_INTEGER));

/** What a guest says, which may be anything. */
const guestCount = pipe(number(), minValue(0));

const none = strictObject({});

/** What a VM can be doing. */
const vmState = picklist(['starting', 'running', 'suspended', 'halted', 'ending']);

const device = object({
  /** As in messages: `rng`, `disk vda`, `serial 1`. */
  name: string(),
  /** The process of its device host, as the VMM sees it; null if it has none of its own now. */
  pid: nullable(count),
  /** What it is, such as `block`, `serial`. */
  kind: optional(string()),
  /** What it has done since the VM was made, by name. */
  counters: optional(record(string(), count)),
});

const vcpu = object({
  index: count,
  /** How often it came out of the guest, by reason. */
  exits: record(string(), count),
});

const balloonState = {
  /** Bytes that the guest is to do without. */
  target: count,
  /** Bytes that it does without, as it says. */
  actual: count,
  /** Whether it has a driver for the balloon. */
  hasDriver: boolean(),
};

/** What the guest says of its memory: bytes, and events since it started. What it does not say is missing. */
const statistics = object({
  swapIn: optional(guestCount),
  swapOut: optional(guestCount),
  majorFaults: optional(guestCount),
  minorFaults: optional(guestCount),
  freeMemory: optional(guestCount),
  totalMemory: optional(guestCount),
  availableMemory: optional(guestCount),
  diskCaches: optional(guestCount),
  hugePageAllocations: optional(guestCount),
  hugePageFailures: optional(guestCount),
});

/** What a method is asked with, and answers. */
interface Method<Params extends GenericSchema, Result extends GenericSchema> {
  readonly params: Params;
  readonly result: Result;
}

function method<Params extends GenericSchema, Result extends GenericSchema>(
  params: Params,
  result: Result,
): Method<Params, Result> {
  return { params, result };
}

/**
 * Every method of the protocol. A new one is a row here, a handler where the server is made, and a row
 * in the README. Parameters that are not known are refused; members of results that are not known are
 * ignored, so that there can be more of them.
 */
export const METHODS = {
  /** Who listens. The first thing to ask. */
  version: method(
    none,
    object({
      protocol: object({ major: count, minor: count }),
      /** The program that listens, such as `crosvm`, and its version. */
      program: string(),
      version: string(),
      /** The methods that it has. */
      methods: array(string()),
    }),
  ),
  /** What the VM is and how it does. */
  status: method(
    none,
    object({
      /** The process of the VMM. */
      pid: count,
      state: vmState,
      /** Milliseconds since the guest began to run; 0 before. */
      uptimeMs: count,
      /** How often the guest has been started again. */
      restarts: count,
      /** How many virtual CPUs it has. */
      cpus: count,
      /** Bytes of guest memory. */
      memory: count,
      /** The path of the kernel, as it was given. */
      kernel: string(),
      /** Whether each device has a jailed process of its own. */
      sandbox: boolean(),
      devices: array(device),
      /** In the order of their numbers, once there are any. */
      vcpus: optional(array(vcpu)),
    }),
  ),
  /** Asks the guest to do without that much memory, which goes back to the host. It takes a while. */
  balloon: method(strictObject({ bytes: count }), object(balloonState)),
  /** How full the balloon is, and what the guest says of its memory; null if it says nothing. */
  balloonStats: method(none, object({ ...balloonState, statistics: nullable(statistics) })),
  /** Makes a disk larger, or smaller if that is said; the guest sees it at once. */
  resizeDisk: method(
    strictObject({
      /** In the order of the command line, from 0 on. */
      index: count,
      bytes: count,
      /** Whether what is behind the new end may be lost. */
      shrink: optional(boolean()),
    }),
    object({ bytes: count }),
  ),
  /** Presses the power button: the guest is asked to switch off, which it may do later or not at all. */
  powerButton: method(none, object({})),
  /** Stops vCPUs and devices where they are; the guest's clocks stand still. Answered when nothing is in flight. */
  suspend: method(none, object({})),
  /** Lets them go on. */
  resume: method(none, object({})),
  /** Ends the VM in order, without asking the guest. The connection ends with the VMM. */
  stop: method(none, object({})),
} as const;

/** The name of a method. */
export type MethodName = keyof typeof METHODS;

/** What a method is asked with. */
export type Params<Name extends MethodName> = InferOutput<(typeof METHODS)[Name]['params']>;

/** What a method answers. */
export type Result<Name extends MethodName> = InferOutput<(typeof METHODS)[Name]['result']>;

/** What a VM can be doing. */
export type VmState = InferOutput<typeof vmState>;

/** A device, as `status` tells of it. */
export type DeviceStatus = InferOutput<typeof device>;

/** Whether there is a method of that name. */
export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name);
}

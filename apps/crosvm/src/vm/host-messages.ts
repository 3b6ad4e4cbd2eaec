import type { BackEndFds, BackEndPlan } from '@crosvm/devices';
import { LOG_LEVELS, type LogLevel, type LogRecord, type MemoryRange } from '@crosvm/sys-util';

/*
 * What the supervisor and a device host say to each other: JSON, a message a packet, over a socket pair
 * that each host has to itself.
 *
 *     supervisor                                  device host
 *     setup   + memory             ------------>  maps guest memory
 *     device  + its descriptors    ------------>  makes the back end and serves it; once a device
 *                                  <------------  log, at any time
 *                                  <------------  failed: what went wrong; then it ends
 *     drain                        ------------>  finishes what is in flight, then ends
 *     (end of the socket)          ------------>  ends at once
 *
 * Descriptors travel with the messages, so a host can be started before there is anything to give it,
 * and has nothing that it was not given. What a host says is not trusted: it talks to the guest.
 */

/** Most bytes of a message in either direction. */
export const MAX_HOST_MESSAGE = 16 * 1024;

/** What the supervisor tells a device host. */
export type HostRequest =
  /** Comes first, with the descriptor of guest memory. */
  | {
      readonly kind: 'setup';
      readonly ranges: readonly MemoryRange[];
      /** The least urgent messages that are wanted. */
      readonly logLevel: LogLevel;
    }
  /** Comes with the descriptors that `packFds` gives. */
  | {
      readonly kind: 'device';
      /** For messages, such as `disk vda`. */
      readonly name: string;
      readonly plan: BackEndPlan;
      readonly queues: number;
    }
  | { readonly kind: 'drain' };

/** What a device host tells the supervisor. */
export type HostMessage =
  | { readonly kind: 'log'; readonly record: LogRecord }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Where, for who looks for a bug. */
      readonly stack: string;
    };

/** A message as bytes. */
export function encodeMessage(message: HostRequest | HostMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** What the supervisor sent, which is trusted. */
export function decodeRequest(bytes: Uint8Array): HostRequest {
  return JSON.parse(Buffer.from(bytes).toString()) as HostRequest;
}

/** What a host sent; undefined if that is no message. */
export function decodeMessage(bytes: Uint8Array): HostMessage | undefined {
  const value = parse(bytes);
  if (!isObject(value)) {
    return undefined;
  }
  const { kind, message, stack, record } = value;
  if (kind === 'failed' && typeof message === 'string' && typeof stack === 'string') {
    return { kind, message, stack };
  }
  if (kind === 'log' && isObject(record) && isRecord(record)) {
    const { level, component, message: text } = record;
    return { kind, record: { level, component, message: text } };
  }
  return undefined;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isRecord(
  value: Readonly<Record<string, unknown>>,
): value is LogRecord & Readonly<Record<string, unknown>> {
  const { level, component, message } = value;
  return (
    LOG_LEVELS.some((each) => each === level) &&
    typeof component === 'string' &&
    typeof message === 'string'
  );
}

/** The descriptors of a back end in the order in which they travel. */
export function packFds<Fd>(fds: BackEndFds<Fd>): readonly Fd[] {
  const { page, channel, resample, kicks, wires, resources } = fds;
  return [page, channel, resample, ...kicks, ...wires, ...resources];
}

/**
 * Undoes `packFds`.
 * @throws RangeError if there are too few
 */
export function unpackFds<Fd>(fds: readonly Fd[], queues: number): BackEndFds<Fd> {
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

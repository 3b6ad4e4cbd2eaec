import type { DeviceCommand, DeviceDescription, DeviceOptions } from '@crosvm/devices';
import { LOG_LEVELS, type LogLevel, type LogRecord, type MemoryRange } from '@crosvm/sys-util';

import type { DevicePlan } from './device-plan';

/*
 * What the supervisor and a device host say to each other: JSON, a message a packet, over a socket pair
 * that each host has to itself.
 *
 *     supervisor                                  device host
 *     setup                        ------------>  comes first
 *     module  + its text           ------------>  runs it; once for a device of the user's own
 *                                  <------------  described: what it is
 *     memory  + its descriptor     ------------>  maps guest memory; for hosts of virtio devices only
 *     device  + its descriptors    ------------>  makes the back end and serves it; once a device
 *                                  <------------  locked: the jail is shut; hosts that are processes only
 *                                  <------------  log, at any time
 *     command to one of its devices ----------->  does it
 *                                  <------------  answer, to each of them, in any order
 *                                  <------------  failed: what went wrong; then it ends
 *     suspend                      ------------>  serves nothing any more, finishes what is in flight
 *                                  <------------  suspended
 *     resume                       ------------>  goes on where it was
 *                                  <------------  resumed
 *     drain                        ------------>  finishes what is in flight; may come again
 *                                  <------------  finished: to each of them. Output may still wait for
 *                                                 whoever reads it; when it is passed on, the host ends
 *     (end of the socket)          ------------>  ends at once
 *
 * Descriptors travel with the messages, so a host can be started before there is anything to give it,
 * and has nothing that it was not given. What a host says is not trusted: it talks to the guest.
 */

/** Most bytes of a message in either direction. */
export const MAX_HOST_MESSAGE = 16 * 1024;

/** What the supervisor tells a device host. */
export type HostRequest =
  | {
      readonly kind: 'setup';
      /** The least urgent messages that are wanted. */
      readonly logLevel: LogLevel;
    }
  /** Comes with memory that holds the text of the module. */
  | {
      readonly kind: 'module';
      /** The device's, as later in `device`. */
      readonly name: string;
      /** Where it came from, for messages. */
      readonly path: string;
      /** Of the text. */
      readonly bytes: number;
      readonly options: DeviceOptions;
    }
  /** Comes with the descriptor of guest memory. */
  | { readonly kind: 'memory'; readonly ranges: readonly MemoryRange[] }
  /** Comes with the device's descriptors. */
  | {
      readonly kind: 'device';
      /** For messages, such as `disk vda`. */
      readonly name: string;
      readonly plan: DevicePlan;
    }
  | {
      readonly kind: 'command';
      /** For the answer. */
      readonly id: number;
      /** As the device was named. */
      readonly device: string;
      readonly command: DeviceCommand;
    }
  | { readonly kind: 'suspend' | 'resume' | 'drain' };

/** What a device host tells the supervisor. */
export type HostMessage =
  | { readonly kind: 'log'; readonly record: LogRecord }
  | {
      readonly kind: 'described';
      readonly name: string;
      readonly description: DeviceDescription;
    }
  /** It is locked down. Comes with the descriptor at which forbidden system calls are heard of, if there is one. */
  | { readonly kind: 'locked' }
  /** What it was told to do is done. */
  | { readonly kind: 'suspended' | 'resumed' | 'finished' }
  | {
      readonly kind: 'answer';
      readonly id: number;
      /** What the command's answer is; missing if the device knows no such command. Whoever asked looks what it is. */
      readonly answer?: unknown;
    }
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
  const { kind, message, stack, record, id, answer, name, description } = value;
  if (kind === 'locked' || kind === 'suspended' || kind === 'resumed' || kind === 'finished') {
    return { kind };
  }
  if (kind === 'failed' && typeof message === 'string' && typeof stack === 'string') {
    return { kind, message, stack };
  }
  if (kind === 'answer' && typeof id === 'number') {
    return { kind, id, answer };
  }
  if (kind === 'described' && typeof name === 'string' && isDescription(description)) {
    return { kind, name, description };
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

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isInteger(each));
}

function isDescription(value: unknown): value is DeviceDescription {
  if (!isObject(value)) {
    return false;
  }
  const { deviceType, compiled, queueMaxSizes, features, configSpace } = value;
  return (
    Number.isInteger(deviceType) &&
    typeof compiled === 'boolean' &&
    areNumbers(queueMaxSizes) &&
    typeof features === 'string' &&
    /^[0-9a-f]{1,16}$/.test(features) &&
    areNumbers(configSpace)
  );
}

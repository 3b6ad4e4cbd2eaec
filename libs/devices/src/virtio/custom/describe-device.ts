import { inspect } from 'node:util';

import { MAX_DEVICE_CONFIG } from '../device-page';
import { MAX_QUEUES } from '../pci/layout';
import { isQueueSize } from '../pci/config';
import type { VirtioBackend } from '../backend';
import type { CustomDevice, DeviceDescription, DeviceOptions } from './custom-device';

/** Where virtio's PCI ids end: 0x1040 and the type, up to 0x107f. Virtio 1.2, 4.1.2. */
const MAX_DEVICE_TYPE = 0x3f;

const MAX_NAME = 32;

/** Bits that are for a device's type to give a meaning. Virtio 1.2, 2.2. */
const TYPE_FEATURES = ((1n << 24n) - 1n) | (((1n << 78n) - 1n) << 50n);

/** Most bits of features that the transport has registers for here. */
const FEATURE_BITS = 64n;

const FUNCTIONS = ['queueMaxSizes', 'features', 'configSpace', 'create'] as const;

/** What every back end has; `Symbol.dispose` besides. */
const METHODS = ['activate', 'handleQueue', 'reset'] as const;

/** A module is no device, or a device cannot be as it says. */
export class CustomDeviceError extends Error {
  override readonly name = 'CustomDeviceError';
}

function must(condition: boolean, what: string): asserts condition {
  if (!condition) {
    throw new CustomDeviceError(what);
  }
}

function shown(value: unknown): string {
  const options = { depth: 1, breakLength: Infinity, maxArrayLength: 8, maxStringLength: 40 };
  if (value instanceof Promise) {
    return 'a promise, for which nobody waits';
  }
  return typeof value === 'function' ? 'a function' : inspect(value, options);
}

/**
 * Looks whether what a module exports is a device.
 * @throws CustomDeviceError saying what is wrong with it
 */
export function checkCustomDevice(value: unknown): CustomDevice {
  must(
    typeof value === 'object' && value !== null,
    `its default export must be a device, not ${shown(value)}`,
  );
  const device = value as Readonly<Record<string, unknown>>;
  const { name, deviceType, compiled = false, options = [] } = device;
  must(
    typeof name === 'string' && name.length <= MAX_NAME && /^[a-z][a-z0-9_-]*$/.test(name),
    `'name' must be a word of up to ${MAX_NAME} small letters, digits, - and _, not ${shown(name)}`,
  );
  must(
    typeof deviceType === 'number' &&
      Number.isInteger(deviceType) &&
      deviceType >= 1 &&
      deviceType <= MAX_DEVICE_TYPE,
    `'deviceType' must be a whole number from 1 to ${MAX_DEVICE_TYPE}, not ${shown(deviceType)}`,
  );
  must(typeof compiled === 'boolean', `'compiled' must be true or false, not ${shown(compiled)}`);
  must(
    Array.isArray(options) && options.every((key) => typeof key === 'string' && key !== ''),
    `'options' must be a list of keys, not ${shown(options)}`,
  );
  FUNCTIONS.forEach((key) =>
    must(
      typeof device[key] === 'function',
      `'${key}' must be a function, not ${shown(device[key])}`,
    ),
  );
  return value as CustomDevice;
}

/**
 * Looks whether what a device has created is a back end.
 * @throws CustomDeviceError saying what is wrong with it
 */
export function checkBackend(value: unknown): VirtioBackend {
  const given = Object(value) as Partial<VirtioBackend>;
  must(
    METHODS.every((method) => typeof given[method] === 'function') &&
      typeof given[Symbol.dispose] === 'function',
    `'create' must give an object with ${METHODS.join(', ')} and [Symbol.dispose], not ${shown(value)}`,
  );
  return value as VirtioBackend;
}

/** @throws CustomDeviceError if the device does not know them all */
function checkOptions({ options = [] }: CustomDevice, given: DeviceOptions): void {
  const unknown = Object.keys(given).find((key) => !options.includes(key));
  const known = options.length === 0 ? 'it takes none' : `it takes ${options.join(', ')}`;
  must(unknown === undefined, `it does not know the option '${unknown}'; ${known}`);
}

/**
 * What a device is with these options.
 * @throws CustomDeviceError if there cannot be such a device
 */
export function describeDevice(device: CustomDevice, options: DeviceOptions): DeviceDescription {
  checkOptions(device, options);
  const { deviceType, compiled = false } = device;
  const sizes: unknown = device.queueMaxSizes(options);
  const features: unknown = device.features(options);
  const configSpace: unknown = device.configSpace(options);
  must(
    Array.isArray(sizes) && sizes.length >= 1 && sizes.length <= MAX_QUEUES,
    `'queueMaxSizes' must give a list of 1 to ${MAX_QUEUES} numbers, not ${shown(sizes)}`,
  );
  must(
    sizes.every((size) => typeof size === 'number' && isQueueSize(size)),
    `'queueMaxSizes' must give powers of two up to 32768, not ${shown(sizes)}`,
  );
  must(
    typeof features === 'bigint' && features >= 0n && features < 1n << FEATURE_BITS,
    `'features' must give a bigint of 64 bits, not ${shown(features)}`,
  );
  must(
    (features & ~TYPE_FEATURES) === 0n,
    `'features' must give bits 0 to 23 and from 50 on, which are the device's own, not 0x${features.toString(16)}`,
  );
  must(
    configSpace instanceof Uint8Array && configSpace.length <= MAX_DEVICE_CONFIG,
    `'configSpace' must give a Uint8Array of up to ${MAX_DEVICE_CONFIG} bytes, not ${shown(configSpace)}`,
  );
  return {
    deviceType,
    compiled,
    queueMaxSizes: sizes as number[],
    features: features.toString(16),
    configSpace: [...configSpace],
  };
}

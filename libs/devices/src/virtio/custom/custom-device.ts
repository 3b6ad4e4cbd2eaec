import type { DeviceModule } from '../backend';

/** What a user says of a device: `key=value`, or a key alone. */
export type DeviceOptions = Readonly<Record<string, string | true>>;

/**
 * A virtio device of a user's own, the default export of a module that `crosvm run --device` names. Its
 * configuration is what the user says of it.
 */
export interface CustomDevice extends Omit<DeviceModule<DeviceOptions>, 'policy' | 'fileBytes'> {
  /** The keys of the options that it takes; default: none. */
  readonly options?: readonly string[];
}

/** What a VMM has to know of a device whose code it does not run: plain data, as JSON can be. */
export interface DeviceDescription {
  readonly deviceType: number;
  /** Whether its host's JavaScript is compiled. */
  readonly compiled: boolean;
  readonly queueMaxSizes: readonly number[];
  /** The bits of its features, in hexadecimal. */
  readonly features: string;
  /** The bytes of its configuration, as the guest sees them first. */
  readonly configSpace: readonly number[];
}

/** A kind of device as it was described; it can be put into a machine, and makes no back end. */
export function describedModule(name: string, description: DeviceDescription): DeviceModule<void> {
  const { deviceType, compiled, queueMaxSizes, features, configSpace } = description;
  return {
    name,
    deviceType,
    policy: '',
    compiled,
    queueMaxSizes: () => queueMaxSizes,
    features: () => BigInt(`0x${features}`),
    configSpace: () => Uint8Array.from(configSpace),
    create: () => {
      throw new Error(`the code of ${name} is not here`);
    },
  };
}

import type { VirtioBackend } from '../backend';
import { VirtioDevice } from '../virtio-device';
import { type CustomDevice, describedModule } from './custom-device';
import { checkBackend, checkCustomDevice, describeDevice } from './describe-device';

const DEVICE: CustomDevice = {
  name: 'echo',
  deviceType: 63,
  options: ['size'],
  queueMaxSizes: ({ size = '64' }) => [Number(size), 16],
  features: () => 5n,
  configSpace: () => Uint8Array.of(1, 2, 3),
  create: () => {
    throw new Error('not here');
  },
};

describe('what a module exports', () => {
  it('is taken as it is if it is a device', () => {
    expect(checkCustomDevice(DEVICE)).toBe(DEVICE);
  });

  it.each<[unknown, string]>([
    [undefined, 'its default export must be a device, not undefined'],
    [() => DEVICE, 'its default export must be a device, not a function'],
    [{ ...DEVICE, name: 'My Device' }, "'name' must be a word"],
    [{ ...DEVICE, name: undefined }, 'not undefined'],
    [{ ...DEVICE, deviceType: 64 }, "'deviceType' must be a whole number from 1 to 63, not 64"],
    [{ ...DEVICE, deviceType: '63' }, "not '63'"],
    [{ ...DEVICE, compiled: 1 }, "'compiled' must be true or false"],
    [{ ...DEVICE, options: 'size' }, "'options' must be a list of keys"],
    [{ ...DEVICE, create: undefined }, "'create' must be a function, not undefined"],
    [{ ...DEVICE, features: 5n }, "'features' must be a function, not 5n"],
  ])('is refused with the reason if it is none: %#', (value, reason) => {
    expect(() => checkCustomDevice(value)).toThrow(reason);
  });
});

describe('what a device creates', () => {
  const backend: VirtioBackend = {
    activate: () => undefined,
    handleQueue: () => false,
    reset: () => undefined,
    [Symbol.dispose]: () => undefined,
  };

  it('is taken as it is if it is a back end', () => {
    expect(checkBackend(backend)).toBe(backend);
  });

  it.each<[unknown, string]>([
    [undefined, "'create' must give an object with activate, handleQueue, reset"],
    [Promise.resolve(backend), 'not a promise, for which nobody waits'],
    [{ ...backend, reset: undefined }, 'reset: undefined'],
    [{ ...backend, [Symbol.dispose]: undefined }, 'and [Symbol.dispose]'],
  ])('is refused with the reason if it is none: %#', (value, reason) => {
    expect(() => checkBackend(value)).toThrow(reason);
  });
});

describe('a description', () => {
  it('says what a machine has to know, for these options', () => {
    expect(describeDevice(DEVICE, { size: '128' })).toEqual({
      deviceType: 63,
      compiled: false,
      queueMaxSizes: [128, 16],
      features: '5',
      configSpace: [1, 2, 3],
    });
  });

  it('makes a device of a machine, whose back end is elsewhere', () => {
    const module = describedModule('device echo', describeDevice(DEVICE, {}));
    using device = VirtioDevice.create({
      module,
      config: undefined,
      resources: [],
      firstGsi: 24,
      pinGsi: 16,
    });

    expect(device.request.config).toMatchObject({ deviceType: 63, configSize: 3 });
    expect(device.fds.kicks).toHaveLength(2);
    expect(() => module.create(undefined, {} as never)).toThrow('is not here');
  });

  it.each<[Partial<CustomDevice>, string]>([
    [{ queueMaxSizes: () => [] }, 'a list of 1 to'],
    [{ queueMaxSizes: () => [48] }, 'powers of two up to 32768, not [ 48 ]'],
    [{ features: () => 1 as never }, "'features' must give a bigint"],
    [{ features: () => 1n << 64n }, 'a bigint of 64 bits'],
    [{ features: () => 1n << 32n }, "the device's own, not 0x100000000"],
    [{ configSpace: () => new Uint8Array(513) }, 'up to 512 bytes'],
    [{ configSpace: () => [] as never }, "'configSpace' must give a Uint8Array"],
  ])('is refused if there cannot be such a device: %#', (part, reason) => {
    expect(() => describeDevice({ ...DEVICE, ...part }, {})).toThrow(reason);
  });

  it('is refused for options that the device does not know', () => {
    expect(() => describeDevice(DEVICE, { sise: '1' })).toThrow(
      "it does not know the option 'sise'; it takes size",
    );
    const { options: _, ...plain } = DEVICE;
    expect(() => describeDevice(plain, { size: true })).toThrow('it takes none');
  });
});

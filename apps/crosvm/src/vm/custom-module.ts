import { createRequire, isBuiltin } from 'node:module';
import { compileFunction } from 'node:vm';

import { checkCustomDevice, type CustomDevice } from '@crosvm/devices';
import { type OwnedFd, SharedMemory } from '@crosvm/sys-util';

const requireBuiltin = createRequire(__filename);

/** What modules find when they import it, besides Node's own. */
let api: ReadonlyMap<string, unknown> = new Map();

/** Says what modules can import. */
export function provideDeviceApi(modules: ReadonlyMap<string, unknown>): void {
  api = modules;
}

function requireFor(specifier: string): unknown {
  const provided = api.get(specifier);
  if (provided !== undefined) {
    return provided;
  }
  if (isBuiltin(specifier)) {
    return requireBuiltin(specifier);
  }
  throw new Error(`'${specifier}' cannot be loaded in a device host`);
}

type Evaluate = (
  module: { exports: unknown },
  exports: unknown,
  require: (specifier: string) => unknown,
) => void;

/** The default export; a CommonJS module that has none is its own. */
function exported(exports: unknown): unknown {
  const hasDefault = typeof exports === 'object' && exports !== null && 'default' in exports;
  return hasDefault ? exports.default : exports;
}

/**
 * Runs the module of a user's device, and gives what it exports. Nothing of it has been run before, in
 * this process or in the one that it is a fork of.
 * @param path where it came from, for messages
 * @param text CommonJS
 * @throws CustomDeviceError if that is no device; and whatever the module throws
 */
export function loadCustomModule(path: string, text: string): CustomDevice {
  const evaluate = compileFunction(text, ['module', 'exports', 'require'], {
    filename: path,
  }) as Evaluate;
  const module = { exports: {} as unknown };
  evaluate(module, module.exports, requireFor);
  return checkCustomDevice(exported(module.exports));
}

/** Text, which is not empty, in memory that can be handed to a device host. */
export function shareText(name: string, text: string): SharedMemory {
  const bytes = Buffer.from(text);
  const memory = SharedMemory.create(name, bytes.length);
  using mapping = memory.map();
  mapping.bytes.set(bytes);
  return memory;
}

/** What `shareText` shared, in so many bytes. */
export function sharedText(fd: OwnedFd, bytes: number): string {
  using memory = SharedMemory.adopt(fd, bytes);
  using mapping = memory.map({ readOnly: true });
  return Buffer.from(mapping.bytes.subarray(0, bytes)).toString();
}

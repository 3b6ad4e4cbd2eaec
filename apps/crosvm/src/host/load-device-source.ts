import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse, resolve } from 'node:path';

import type * as Esbuild from 'esbuild';
import type { DeviceOptions } from '@crosvm/devices';

import type { CustomDeviceSettings } from '../config';
import { customDeviceNames } from '../custom-device-names';
import { UserError } from '../user-error';
import { DEVICE_API } from '../vm/device-api-names';
import type { SeccompPolicies } from './seccomp-policies';

/** The policy of a device that has none of its own. */
const COMMON_POLICY = 'common_device';

/** A device of the user's own, ready to be loaded where it is to run. */
export interface CustomDeviceSource {
  /** For messages. */
  readonly name: string;
  /** Its module, as it was given. */
  readonly path: string;
  /** The module and what it imports, in one piece of CommonJS. */
  readonly text: string;
  readonly options: DeviceOptions;
  /** The file of its seccomp policy. */
  readonly policy: string;
}

/** That of the module's project, if it has one, else crosvm's: it is needed here only. */
function loadEsbuild(path: string): typeof Esbuild {
  for (const from of [path, __filename]) {
    try {
      return createRequire(from)('esbuild') as typeof Esbuild;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') {
        throw error;
      }
    }
  }
  throw new UserError("--device needs the package 'esbuild', which is not installed", {
    hint: "npm install esbuild, in the directory of the device's module or for crosvm itself",
  });
}

function isBuildFailure(error: unknown): error is Esbuild.BuildFailure {
  return (
    typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors)
  );
}

function describe({ text, location }: Esbuild.Message): string {
  return location === null ? text : `${location.file}:${location.line}: ${text}`;
}

/** @throws UserError if it cannot be read or is no JavaScript or TypeScript */
function bundle(path: string): string {
  const { buildSync } = loadEsbuild(path);
  try {
    const { outputFiles } = buildSync({
      entryPoints: [path],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      external: [...DEVICE_API],
      logLevel: 'silent',
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    if (isBuildFailure(error)) {
      const [first] = error.errors;
      throw new UserError(first === undefined ? 'it cannot be built' : describe(first));
    }
    throw error;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The policy that was named, that beside the module, or the one that all devices have. */
function policyOf(
  { path, policy }: CustomDeviceSettings,
  name: string,
  policies: SeccompPolicies,
): string {
  if (policy !== undefined) {
    if (!isFile(policy)) {
      throw new UserError(`there is no seccomp policy '${policy}'`);
    }
    return resolve(policy);
  }
  const { dir, name: stem } = parse(path);
  const own = join(dir, `${stem}.policy`);
  return isFile(own) ? resolve(own) : policies.file(COMMON_POLICY, name);
}

/**
 * Reads the modules of users' devices. Nothing of them is run.
 * @throws UserError if one cannot be read or built, or has no policy
 */
export function loadDeviceSources(
  devices: readonly CustomDeviceSettings[],
  policies: SeccompPolicies,
): CustomDeviceSource[] {
  const names = customDeviceNames(devices);
  return devices.map((device, index) => {
    const { path, options } = device;
    const name = names[index] ?? '';
    if (!isFile(path)) {
      throw new UserError(`--device: there is no file '${path}'`, {
        hint: 'name a module of TypeScript or JavaScript',
      });
    }
    try {
      return {
        name,
        path,
        options,
        text: bundle(resolve(path)),
        policy: policyOf(device, name, policies),
      };
    } catch (cause) {
      throw new UserError(`--device '${path}'`, { cause });
    }
  });
}

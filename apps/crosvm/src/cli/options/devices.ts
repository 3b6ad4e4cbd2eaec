import type { CustomDeviceSettings, RunConfig } from '../../config';
import { parseKeyValues } from '../key-values';
import type { OptionGroup } from '../option-group';
import { UsageError } from '../usage-error';

const OPTION = '--device';

/** Devices of the user's own. */
export const deviceOptions: OptionGroup<Pick<RunConfig, 'customDevices'>> = {
  title: 'Devices of your own',
  options: [
    {
      name: 'device',
      value: 'PATH[,...]',
      repeatable: true,
      help: [
        "A virtio device that the module PATH (.ts or .js) makes; may be repeated. It takes the package 'esbuild'. Keys, joined by commas:",
        'policy=PATH: its seccomp policy (default: the file beside the module that is called like it but for .policy, else common_device.policy)',
        'all others are for the module',
      ].join('\n'),
    },
  ],
  read(values) {
    const given = values.all('device');
    return given.length === 0 ? {} : { customDevices: given.map(parseDevice) };
  },
};

/**
 * Reads the value of this option, such as `./echo.ts,prefix=hello`.
 * @throws UsageError for anything else
 */
export function parseDevice(value: string): CustomDeviceSettings {
  const pairs = parseKeyValues(value, {
    option: OPTION,
    keys: ['policy'],
    others: true,
    first: 'path',
  });
  const { path, policy, ...options } = Object.fromEntries(pairs) as Record<
    string,
    string | undefined
  >;
  if (path === undefined || path === '') {
    throw new UsageError(`${OPTION} needs a path that is not empty`, {
      hint: `say ${OPTION} ./my-device.ts, then what else there is`,
    });
  }
  if (pairs.has('policy') && (policy === undefined || policy === '')) {
    throw new UsageError(`${OPTION}: policy needs a path`);
  }
  const told = Object.entries(options).map(([key, text]) => [key, text ?? true] as const);
  return { path, options: Object.fromEntries(told), ...(policy !== undefined && { policy }) };
}

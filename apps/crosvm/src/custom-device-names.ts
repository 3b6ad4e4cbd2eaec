import { parse } from 'node:path';

import type { CustomDeviceSettings } from './config';

/** What messages call devices of the user's own: by their modules, no two the same. */
export function customDeviceNames(devices: readonly CustomDeviceSettings[]): string[] {
  const stems = devices.map(({ path }) => parse(path).name);
  return stems.map((stem, index) => {
    const before = stems.slice(0, index).filter((other) => other === stem).length;
    return before === 0 ? `device ${stem}` : `device ${stem} ${before + 1}`;
  });
}

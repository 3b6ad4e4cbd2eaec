import { join } from 'node:path';

import { bundleScript as bundle, type ScriptFile } from '@crosvm/sys-util/testing';

export type { ScriptFile };

/** Bundles TypeScript that imports from the sources of this package (`'./index'`) into a script file. */
export function bundleScript(source: string): ScriptFile {
  return bundle(source, join(__dirname, '..'));
}

import { readFileSync } from 'node:fs';

import { UsageError } from '../cli/usage-error';
import { UserError } from '../user-error';
import { checkConfig } from './check-config';
import type { VmConfig } from './schema';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`it is not JSON: ${(error as Error).message}`);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError(`configuration '${path}' cannot be read`, { cause });
  }
}

/**
 * Reads the configuration of a VM from a file of JSON.
 * @throws UserError if it cannot be read, UsageError if it is no configuration
 */
export function loadConfig(path: string): VmConfig {
  const text = read(path);
  try {
    return checkConfig(parseJson(text));
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    const { message, hint } = error;
    throw new UsageError(`configuration '${path}': ${message}`, {
      ...(hint !== undefined && { hint }),
    });
  }
}

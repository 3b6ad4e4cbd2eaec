import { readFileSync } from 'node:fs';

import { UsageError } from '../cli/usage-error';
import { UserError } from '../user-error';
import { checkConfig } from './check-config';
import type { VmConfig } from './schema';

/** What JavaScript says of a mistake, with its line: Node.js before 22 counts characters only. */
function withLine(message: string, text: string): string {
  const [, position] = /at position (\d+)$/.exec(message) ?? [];
  const before = text.slice(0, Number(position)).split('\n');
  return position === undefined
    ? message
    : `${message} (line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`it is not JSON: ${withLine((error as Error).message, text)}`);
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

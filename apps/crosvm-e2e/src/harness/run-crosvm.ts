import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { CROSVM } from './command';

const execute = promisify(execFile);

/** How a command ended, and what it said. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of crosvm that ends by itself. */
export async function runCrosvm(...args: readonly string[]): Promise<CommandOutcome> {
  try {
    return { code: 0, ...(await execute(CROSVM, args)) };
  } catch (error) {
    const { code, stdout, stderr } = error as CommandOutcome;
    return { code, stdout, stderr };
  }
}

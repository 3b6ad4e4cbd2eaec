import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { SOURCES } from './settings';

/**
 * Runs a tool of the host; returns what it says.
 * @throws Error with its messages if it is missing or fails
 */
export function tool(command: string, args: readonly string[], options: ToolOptions = {}): Buffer {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    ...options,
    maxBuffer: 1024 ** 3,
  });
  if (error !== undefined || status !== 0) {
    const why = error?.message ?? `status ${status}\n${stderr.toString()}`;
    throw new Error(`${[command, ...args].join(' ')}: ${why}`);
  }
  return stdout;
}

/** Where a tool runs, and what it reads. */
export interface ToolOptions {
  readonly cwd?: string;
  readonly input?: string;
}

/** Compiles one of the benchmark's C programs. */
export function compile(source: string, program: string, flags: readonly string[] = []): void {
  tool('gcc', ['-O2', ...flags, '-o', program, join(SOURCES, source)]);
}

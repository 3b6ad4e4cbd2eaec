import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { DIST, SOURCES } from './settings';

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

/** Runs one of the benchmark's scripts in a process of its own, with a heap to be measured; returns what it prints. */
export function figuresOf(script: string, ...args: readonly string[]): unknown {
  const flags = ['--expose-gc', '--max-semi-space-size=64', '--no-warnings'];
  const output = tool(process.execPath, [...flags, join(DIST, script), ...args]);
  return JSON.parse(output.toString());
}

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundleScript } from '@crosvm/sys-util/testing';

import { FORKABLE_NODE_FLAGS } from '../fork/forkable';

/** The sources of io-jail. */
const SOURCES = join(__dirname, '..');

/** How long a script may take; one takes a tenth of a second. */
const TIMEOUT_MS = 30_000;

/** How a script is started. */
export interface ScriptStart {
  /** A command and its arguments that the process is started by, such as `['unshare', '-r']`. */
  readonly under?: readonly string[];
  /** More flags for `node`. */
  readonly flags?: readonly string[];
}

/** What has become of a script. */
export interface ScriptEnd {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs TypeScript in a process of its own that can be forked.
 * @param source the text of a module; its imports start from the sources of io-jail
 */
export function runForkable(
  source: string,
  { under = [], flags = [] }: ScriptStart = {},
): ScriptEnd {
  using script = bundleScript(source, SOURCES);
  const node = [process.execPath, ...FORKABLE_NODE_FLAGS, ...flags, script.path];
  const [command, ...args] = [...under, ...node] as [string, ...string[]];
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: {},
  });
  return { status, signal, stdout, stderr };
}

/** The same for a script that prints JSON. */
export function evaluateForkable(source: string, start: ScriptStart = {}): unknown {
  const { stdout, stderr } = runForkable(source, start);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`the script printed '${stdout}', and on standard error '${stderr}'`);
  }
}

/** Why there can be no jails here; undefined if there can. */
export function whyNoJails(): string | undefined {
  const setting = '/proc/sys/user/max_user_namespaces';
  if (!existsSync(setting) || readFileSync(setting, 'utf8').trim() === '0') {
    return 'there are no user namespaces';
  }
  const { status, stderr } = spawnSync('unshare', ['-U', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : stderr.trim();
}

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { bundleFiles } from '@crosvm/sys-util/testing';

import type { Mode } from './batch';
import type { Result, Task } from './vmm';

/** The policies that are tested. */
export const POLICIES = join(__dirname, '../../../../seccomp/x86_64');

/**
 * Without a sandbox, devices have their way in namespaces of the VMM's own: there they are as mighty as
 * root, whoever runs this, and no harm comes of it.
 */
const NAMESPACES = ['unshare', '--user', '--map-root-user', '--mount', '--'] as const;

/** Whatever becomes of it, it leaves no core file. */
const NO_CORE = ['bash', '-c', 'ulimit -c 0; exec "$@"', '-'] as const;

const MAX_OUTPUT = 16 * 1024 * 1024;

/** Why there are no jails on this machine, for the names of tests; empty if there are. */
export const WITHOUT_NAMESPACES = findReason();

function findReason(): string {
  if (process.arch !== 'x64') {
    return ` [skipped: it makes system calls of x86_64, this is ${process.arch}]`;
  }
  const [command, ...args] = NAMESPACES;
  const { status, stderr, error } = spawnSync(command, [...args, 'true'], { encoding: 'utf8' });
  const text = error?.message ?? stderr.trim();
  return status === 0 ? '' : ` [skipped: user namespaces are not to be had: ${text}]`;
}

/** The VMM with hostile devices, as scripts of its own. */
export class HostileVmm implements Disposable {
  readonly #scripts = bundleFiles(__dirname, ['vmm.ts', 'device-zygote.ts', 'device-host.ts']);

  /**
   * Runs it.
   * @throws Error if it ended before it was done
   */
  async run(mode: Mode, tasks: readonly Task[]): Promise<readonly Result[]> {
    const [command = '', ...args] = this.#command(mode, tasks);
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: this.#scratch(),
      maxBuffer: MAX_OUTPUT,
    });
    return JSON.parse(stdout) as Result[];
  }

  [Symbol.dispose](): void {
    this.#scripts[Symbol.dispose]();
  }

  #scratch(): string {
    return mkdtempSync(join(this.#scripts.path, 'scratch-'));
  }

  #command(mode: Mode, tasks: readonly Task[]): readonly string[] {
    const script = join(this.#scripts.path, 'vmm.js');
    const vmm = [process.execPath, script, mode, POLICIES, JSON.stringify(tasks)];
    return mode === 'free' ? [...NO_CORE, ...NAMESPACES, ...vmm] : vmm;
  }
}

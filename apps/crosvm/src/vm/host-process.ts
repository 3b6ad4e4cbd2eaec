import type * as ChildProcess from 'node:child_process';
import { join } from 'node:path';

import { closeInheritedOnExec } from '@crosvm/sys-util';

import type { StartedHost } from './host-start';

/** How much of what a host says on its standard error is kept, in characters. */
const MAX_STDERR = 4096;

/** Takes some milliseconds to load: not before there is a process to start. */
function loadChildProcess(): typeof ChildProcess {
  return require('node:child_process') as typeof ChildProcess;
}

/** How a process ended, for people; undefined if in order. */
function howEnded(code: number | null, signal: string | null, stderr: string): string | undefined {
  if (code === 0) {
    return undefined;
  }
  const how = signal === null ? `it ended with status ${code}` : `it was killed by ${signal}`;
  const said = stderr.trim();
  return said === '' ? how : `${how}: ${said}`;
}

/**
 * Starts a process that runs device back ends. It gets the control socket, no other descriptor and
 * no environment; a session of its own, so that keys of the terminal are not meant for it; and it
 * ends with this process, whatever ends that. To be called on the main thread, for that reason.
 * @param label what `ps` shows it as
 * @param controlFd stays the caller's
 */
export function startHostProcess(label: string, controlFd: number): StartedHost {
  closeInheritedOnExec();
  const script = join(__dirname, 'device-host.js');
  const child = loadChildProcess().spawn(process.execPath, [script, label], {
    // The last one has the number CONTROL_FD.
    stdio: ['ignore', 'ignore', 'pipe', controlFd],
    cwd: '/',
    env: {},
    detached: true,
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(-MAX_STDERR);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(howEnded(code, signal, stderr)));
  });
  return {
    pid: child.pid,
    ended,
    kill: () => child.kill('SIGKILL'),
    abandon: () => {
      child.unref();
      child.stderr?.destroy();
    },
  };
}

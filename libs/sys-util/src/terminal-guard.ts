import type * as ChildProcess from 'node:child_process';

import { libc } from './ffi/libc';
import { closeInheritedOnExec, createPipe } from './files';
import type { OwnedFd } from './owned-fd';

/*
 * Restores a terminal whose user can no longer do it, because SIGKILL or a crash ended it.
 *
 *   VMM --- pipe ---> sh: waits for the end of the pipe, which comes when the VMM is gone,
 *    |                |   whatever ended it, unless a line said that nothing is left to do
 *    +--- terminal ---+
 *
 * The shell is in a session of its own, so neither keys of the terminal, nor its hang-up, nor a signal
 * to the VMM's process group reach it. It leaves the terminal alone if that is not as the VMM set it:
 * an interactive shell may have been quicker, and already have made its own settings for a prompt.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM TSTP TTIN TTOU PIPE
raw=$2
while read -r line; do
  [ "$line" = done ] && exit
  raw=$line
done
exec <&1
[ "$(stty -g)" = "$raw" ] && stty "$1"
`;
const NAME = 'crosvm-terminal-guard';
const DEFAULT_PATH = '/usr/bin:/bin';

/** Takes some milliseconds to load: only who has a terminal pays for it. */
function loadChildProcess(): typeof ChildProcess {
  return require('node:child_process') as typeof ChildProcess;
}

/** A process that restores a terminal after this process ended without doing so. */
export class TerminalGuard {
  readonly #lifeline: OwnedFd;

  private constructor(
    private readonly child: ChildProcess.ChildProcess,
    lifeline: OwnedFd,
  ) {
    this.#lifeline = lifeline;
  }

  /**
   * Starts it; it is at work when this returns.
   * @param saved what to restore, in the form of `stty -g`
   * @param raw the settings to restore from
   * @throws SysError EMFILE
   */
  static start(fd: number, saved: string, raw: string): TerminalGuard {
    // What this process inherited without need, the guard would keep open.
    closeInheritedOnExec();
    const { reader, writer } = createPipe();
    try {
      const { spawn } = loadChildProcess();
      const child = spawn('sh', ['-c', SCRIPT, NAME, saved, raw], {
        stdio: [reader.raw, fd, 'ignore'],
        cwd: '/',
        detached: true,
        env: { PATH: process.env.PATH ?? DEFAULT_PATH },
      });
      // Without a shell there is no guard; what this process does itself still works.
      child.on('error', () => undefined);
      child.unref();
      return new TerminalGuard(child, writer);
    } finally {
      reader.close();
    }
  }

  /** Its process, if it could be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Says what the settings really are that it is to restore from. */
  expect(raw: string): void {
    this.#tell(raw);
  }

  /** Says that nothing is left to do: it ends. */
  dismiss(): void {
    this.#tell('done');
    this.#lifeline.close();
  }

  #tell(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    // Less than a pipe holds, so this never waits; and a guard that is gone cannot be told.
    libc.write(this.#lifeline.raw, bytes, bytes.length);
  }
}

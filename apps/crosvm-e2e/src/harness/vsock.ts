import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { checkout } from './command';
import type { Lack } from './requirements';

const SOURCE = join(checkout(), 'apps', 'crosvm-e2e', 'fixtures', 'vsock-echo.c');

/** Is there no compiler for programs that run in any guest? */
export function hostLacksStaticCompiler(): Lack {
  const source = '#include <stdio.h>\nint main(void) { return puts("") < 0; }';
  const args = ['-x', 'c', '-static', '-o', '/dev/null', '-'];
  const { status } = spawnSync('cc', args, { input: source, stdio: ['pipe', 'ignore', 'ignore'] });
  return status === 0 ? undefined : 'there is no compiler for static programs';
}

/** Compiles `fixtures/vsock-echo.c` to `path`, for the host and for any guest. Returns the path. */
export function vsockEcho(path: string): string {
  execFileSync('cc', ['-O', '-Wall', '-static', '-o', path, SOURCE]);
  return path;
}

/** The host's end of sockets between guest and host. */
export class VsockPeer implements Disposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #output = '';

  /** @param args of `vsock-echo`, which is at `program` */
  constructor(program: string, args: readonly (string | number)[]) {
    this.#process = spawn(program, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process.stdout?.on('data', (data: Buffer) => (this.#output += data.toString()));
    this.#ended = once(this.#process, 'close');
  }

  /** What it said when it had ended. */
  async output(): Promise<string> {
    await this.#ended;
    return this.#output;
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

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

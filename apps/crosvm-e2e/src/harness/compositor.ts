import { type ChildProcess, spawn } from 'node:child_process';

import { connectUnix } from '@crosvm/sys-util';

import { killAll, MARK_VARIABLE, newMark } from './processes';
import { Scratch } from './scratch';
import { scaled, until } from './time';

const START_MS = scaled(5000);
const END_MS = scaled(2000);

/** A compositor without a screen, which has a directory of its own for its files and its socket. */
export abstract class Compositor implements AsyncDisposable {
  protected readonly files = new Scratch();
  readonly #mark = newMark();
  readonly #socketName: string;
  #process: ChildProcess | undefined;

  /** @param socketName of the file */
  protected constructor(socketName: string) {
    this.#socketName = socketName;
  }

  /** The path at which it listens. */
  get socket(): string {
    return this.files.file(this.#socketName);
  }

  /** Ends it, as it would not end itself. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Ends it, and waits for the programs that it started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await killAll(this.#mark, END_MS);
    this.files[Symbol.dispose]();
  }

  /** What its programs have around them. */
  protected get environment(): NodeJS.ProcessEnv {
    return { XDG_RUNTIME_DIR: this.files.path, [MARK_VARIABLE]: this.#mark };
  }

  protected run(program: string, args: readonly string[]): void {
    this.#process = spawn(program, args, { stdio: 'ignore', env: this.environment });
  }

  /** Waits until it listens: for a moment before that, its socket is there already. */
  protected async listening(): Promise<void> {
    await until('a compositor', START_MS, () => this.#listens() || undefined);
  }

  #listens(): boolean {
    try {
      connectUnix(this.socket).close();
      return true;
    } catch {
      return false;
    }
  }
}

import { constants, writeSync } from 'node:fs';

import { openFile, type OwnedFd, SysError } from '@crosvm/sys-util';

import { UserError } from '../user-error';
import type { ForkRequest } from './zygote-messages';

/** Calls are written in portions of so many characters. */
const PORTION = 64 * 1024;

/**
 * A file of all system calls of device hosts, for whoever writes policies: a line each, of the device, the
 * file of its policy and the call, with tabs between them.
 */
export class CallRecord implements Disposable {
  readonly #file: OwnedFd;
  #lines: string[] = [];
  #length = 0;

  private constructor(file: OwnedFd) {
    this.#file = file;
  }

  /** @throws UserError if the file cannot be written */
  static create(path: string): CallRecord {
    const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
    try {
      return new CallRecord(openFile(path, O_WRONLY | O_CREAT | O_TRUNC));
    } catch (cause) {
      if (cause instanceof SysError) {
        throw new UserError(`system calls cannot be recorded in '${path}'`, { cause });
      }
      throw cause;
    }
  }

  /** The descriptor of the file, for a process that writes its lines itself. */
  get raw(): number {
    return this.#file.raw;
  }

  /** What takes the calls of a device host. */
  of({ label, policy }: Pick<ForkRequest, 'label' | 'policy'>): (call: string) => void {
    return (call) => this.#add(`${label}\t${policy}\t${call}\n`);
  }

  /** Writes what is left. */
  [Symbol.dispose](): void {
    this.#flush();
    this.#file.close();
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= PORTION) {
      this.#flush();
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#length = 0;
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#file.raw, bytes, done);
    }
  }
}

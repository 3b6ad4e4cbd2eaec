import { SharedMemory } from '@crosvm/sys-util';

import { MAX_STDERR } from './host-start';

/** The standard error of a process, in memory: so that it can neither fill it up nor wait for a reader. */
export class KeptStderr implements Disposable {
  readonly #memory = SharedMemory.create('stderr', MAX_STDERR);

  /** What is to be its standard error. */
  get fd(): number {
    return this.#memory.fd.raw;
  }

  /** What was said so far; nothing when this was disposed of. */
  get text(): string {
    if (this.#memory.fd.closed) {
      return '';
    }
    using memory = this.#memory.map({ readOnly: true });
    const [text = ''] = Buffer.from(memory.bytes).toString('latin1').split('\0', 1);
    return text.trim();
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}

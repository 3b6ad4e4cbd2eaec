import { Socket } from 'node:net';
import { isatty } from 'node:tty';

import { createPipe, type OwnedFd, RawTerminal } from '@crosvm/sys-util';

import { EscapeFilter } from './escape-filter';

const STDIN = 0;

const HELP =
  '\r\ncrosvm: Ctrl-A x ends the VM, Ctrl-A h shows this, Ctrl-A Ctrl-A sends Ctrl-A\r\n';

/**
 * The input of this process on its way to a guest's serial port.
 *
 * What is typed at a terminal goes through here: the terminal is put into raw mode, and keys that are
 * meant for crosvm are taken out. Whoever serves the port gets one end of a pipe and never the
 * terminal, on which more could be done than read. Input that is no terminal is handed on as it is.
 */
export class ConsoleInput implements Disposable {
  #reader: OwnedFd | undefined;
  readonly #pipe: Socket | undefined;
  #terminal: RawTerminal | undefined;
  readonly #filter: EscapeFilter;

  /** @param onQuit called when the user asks for the end of the VM */
  constructor(onQuit: () => void) {
    this.#filter = new EscapeFilter((command) => {
      if (command === 'quit') {
        onQuit();
      } else {
        process.stderr.write(HELP);
      }
    });
    if (isatty(STDIN)) {
      const { reader, writer } = createPipe();
      this.#reader = reader;
      this.#pipe = new Socket({ fd: writer.release(), readable: false, writable: true });
      // The reader is gone when the port is: then nobody wants input any more.
      this.#pipe.on('error', () => process.stdin.pause());
    }
  }

  /** The descriptor that the serial port reads; stays ours. */
  get fd(): number {
    return this.#reader?.raw ?? STDIN;
  }

  /** Takes the terminal, if there is one, and begins to pass on what is typed. */
  begin(): void {
    const pipe = this.#pipe;
    if (pipe === undefined) {
      return;
    }
    this.#terminal = RawTerminal.enter(STDIN);
    process.stdin.on('data', (chunk: Buffer) => {
      const input = this.#filter.filter(chunk);
      if (input.length > 0 && !pipe.write(input)) {
        // A guest that does not read holds up the terminal, not our memory.
        process.stdin.pause();
        pipe.once('drain', () => process.stdin.resume());
      }
    });
  }

  /** Gives the terminal back as it was. */
  [Symbol.dispose](): void {
    this.#terminal?.[Symbol.dispose]();
    if (this.#pipe !== undefined) {
      process.stdin.removeAllListeners('data');
      process.stdin.pause();
      this.#pipe.destroy();
    }
  }
}

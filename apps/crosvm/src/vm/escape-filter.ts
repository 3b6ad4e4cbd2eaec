/** Ctrl-A, as in QEMU and screen. */
const ESCAPE = 0x01;

/** What a key after Ctrl-A asks for. */
export type EscapeCommand = 'quit' | 'help';

const COMMANDS: ReadonlyMap<number, EscapeCommand> = new Map([
  ['x'.charCodeAt(0), 'quit'],
  ['h'.charCodeAt(0), 'help'],
  ['?'.charCodeAt(0), 'help'],
]);

/**
 * Takes the keys that are meant for crosvm out of what is typed: Ctrl-A x ends the VM, Ctrl-A h shows
 * this, Ctrl-A Ctrl-A sends Ctrl-A. Everything else goes to the guest as it is.
 */
export class EscapeFilter {
  #escaped = false;

  /** @param onCommand called for each command, in order */
  constructor(private readonly onCommand: (command: EscapeCommand) => void) {}

  /** What of `input` the guest gets. */
  filter(input: Uint8Array): Uint8Array {
    const output = new Uint8Array(input.length);
    let length = 0;
    for (const byte of input) {
      if (!this.#escaped && byte === ESCAPE) {
        this.#escaped = true;
        continue;
      }
      const command = this.#escaped ? COMMANDS.get(byte) : undefined;
      this.#escaped = false;
      if (command === undefined) {
        output[length] = byte;
        length += 1;
      } else {
        this.onCommand(command);
      }
    }
    return output.subarray(0, length);
  }
}

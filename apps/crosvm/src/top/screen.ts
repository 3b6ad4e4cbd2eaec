import { clearScreenDown, cursorTo } from 'node:readline';

// Sequences of xterm that every terminal emulator of today knows.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const CTRL_C = 3;
const QUIT = [CTRL_C, 'q'.charCodeAt(0), 'Q'.charCodeAt(0)];

/** A page of a terminal that is drawn again and again, as `top` does. */
export class Screen implements Disposable {
  readonly #onKeys: (bytes: Buffer) => void;

  /** @param quit called when the user has seen enough */
  constructor(quit: () => void) {
    this.#onKeys = (bytes) => {
      if (bytes.some((byte) => QUIT.includes(byte))) {
        quit();
      }
    };
    process.stdout.write(ENTER);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on('data', this.#onKeys);
    }
  }

  /** Shows a text in place of the one before, as much of it as there is room for. */
  show(text: string): void {
    // A terminal that does not know its size says 0.
    const rows = process.stdout.rows || 24;
    const columns = process.stdout.columns || 80;
    const lines = text.split('\n').slice(0, rows - 1);
    cursorTo(process.stdout, 0, 0);
    clearScreenDown(process.stdout);
    process.stdout.write(lines.map((line) => line.slice(0, columns)).join('\n'));
  }

  /** Gives the terminal back as it was. */
  [Symbol.dispose](): void {
    if (process.stdin.isTTY) {
      process.stdin.off('data', this.#onKeys);
      process.stdin.setRawMode(false);
      process.stdin.pause();
    }
    process.stdout.write(LEAVE);
  }
}

import { KernelError } from './kernel-error';

/**
 * Bytes that x86 Linux keeps of its command line, its NUL included: COMMAND_LINE_SIZE in
 * arch/x86/include/asm/setup.h. Anything longer is cut off silently by the kernel.
 */
export const COMMAND_LINE_SIZE = 2048;

const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** A kernel's command line, made of parameters. */
export class KernelCommandLine {
  #text = '';

  /** @param capacity most bytes, the NUL at the end included */
  constructor(readonly capacity: number = COMMAND_LINE_SIZE) {}

  /** Bytes it takes, without the NUL. */
  get length(): number {
    return this.#text.length;
  }

  /**
   * Appends `key=value`.
   * @throws KernelError COMMAND_LINE_CHARACTER for a space in either, a `=` in the key, or what
   *   `insertStr` refuses; COMMAND_LINE_TOO_LONG
   */
  insert(key: string, value: string): this {
    if (key === '' || key.includes('=')) {
      throw new KernelError('COMMAND_LINE_CHARACTER', `'${key}' cannot name a kernel parameter`);
    }
    for (const part of [key, value]) {
      if (part.includes(' ')) {
        throw new KernelError('COMMAND_LINE_CHARACTER', `'${part}' has a space in it`);
      }
    }
    return this.insertStr(`${key}=${value}`);
  }

  /**
   * Appends text as it is, behind a space; nothing if it is blank.
   * @throws KernelError COMMAND_LINE_CHARACTER for a control character or one outside ASCII,
   *   COMMAND_LINE_TOO_LONG
   */
  insertStr(text: string): this {
    checkCharacters(text);
    const trimmed = text.trim();
    if (trimmed === '') {
      return this;
    }
    const next = this.#text === '' ? trimmed : `${this.#text} ${trimmed}`;
    checkCommandLineLength(next, this.capacity - 1);
    this.#text = next;
    return this;
  }

  /** The whole line, without a NUL. */
  toString(): string {
    return this.#text;
  }
}

/**
 * Checks that a command line is at most `max` bytes, its NUL not counted.
 * @throws KernelError COMMAND_LINE_TOO_LONG
 */
export function checkCommandLineLength(text: string, max: number): void {
  if (text.length > max) {
    throw new KernelError(
      'COMMAND_LINE_TOO_LONG',
      `is ${text.length} characters long; the kernel takes ${max} at most`,
    );
  }
}

function checkCharacters(text: string): void {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) {
      const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      throw new KernelError(
        'COMMAND_LINE_CHARACTER',
        `has the character ${name}; only printable ASCII can be on a kernel command line`,
      );
    }
  }
}

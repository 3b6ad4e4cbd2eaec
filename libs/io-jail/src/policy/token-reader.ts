import type { LineMistake, PolicyProblemCode, SourcePosition } from './policy-error';
import { type LogicalLine, mistake, type Token } from './tokens';

/** Reads the tokens of a line from left to right. */
export class TokenReader {
  private index = 0;

  constructor(
    private readonly file: string,
    private readonly line: LogicalLine,
  ) {}

  /** The next token; `undefined` at the end of the line. */
  get next(): Token | undefined {
    return this.line.tokens[this.index];
  }

  /** Where the next token is, or the end of the line. */
  get position(): SourcePosition {
    return this.next === undefined ? this.line.end : this.positionOf(this.next);
  }

  /** How many tokens were taken, for `textSince`. */
  get taken(): number {
    return this.index;
  }

  /** Where a token is. */
  positionOf({ line, column }: Token): SourcePosition {
    return { file: this.file, line, column };
  }

  /** Takes the next token if it is this one. */
  accept(text: string): boolean {
    const found = this.next?.text === text;
    this.index += found ? 1 : 0;
    return found;
  }

  /**
   * Takes the next token.
   * @param wanted what it should be, for the message
   * @throws LineMistake if the line has ended, or if `fits` says no
   */
  take(wanted: string, fits: (token: Token) => boolean): Token {
    const token = this.next;
    if (token === undefined || !fits(token)) {
      throw this.mistake('syntax', `expected ${wanted}, found ${this.found()}`);
    }
    this.index += 1;
    return token;
  }

  /** Takes this sign, or fails. */
  expect(text: string, wanted = `'${text}'`): void {
    this.take(wanted, (token) => token.text === text);
  }

  /** @throws LineMistake if tokens are left */
  end(): void {
    if (this.next !== undefined) {
      throw this.mistake('syntax', `expected the end of the line, found ${this.found()}`);
    }
  }

  /** The tokens taken since `start`, with single blanks. */
  textSince(start: number): string {
    return this.line.tokens
      .slice(start, this.index)
      .map(({ text }) => text)
      .join(' ')
      .replace(/([~(]) /g, '$1')
      .replaceAll(' )', ')');
  }

  /** A mistake at the next token, or at `position`. */
  mistake(code: PolicyProblemCode, text: string, position = this.position): LineMistake {
    return mistake(code, text, position);
  }

  private found(): string {
    return this.next === undefined ? 'the end of the line' : `'${this.next.text}'`;
  }
}

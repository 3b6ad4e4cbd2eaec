import { LineMistake, type PolicyProblemCode, type SourcePosition } from './policy-error';

/** What a token is: a word, a number, a directive (`@include`), or a sign that is its own kind. */
export type TokenKind = 'word' | 'number' | 'directive' | 'sign' | 'path';

/** A piece of a line. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** A line of a policy, continued ones joined: its tokens, and where its end is. */
export interface LogicalLine {
  readonly tokens: readonly Token[];
  readonly end: SourcePosition;
}

const TOKEN =
  /[ \t]*(?:(?<comment>#.*)|(?<directive>@\w+)|(?<word>[A-Za-z_]\w*(?:-[A-Za-z]+)*)|(?<number>-?\d\w*)|(?<sign>&&|\|\||[=!<>]=|[&|<>:;,~(){}[\]])|(?<rest>\\|\S.*))/y;
const PATH = /[ \t]+(?<path>[^\s#]\S*)/y;

/** Directives whose argument is a path. */
const WITH_PATH = new Set(['@include', '@frequency']);

/** Makes the mistake that ends a line. */
export function mistake(
  code: PolicyProblemCode,
  text: string,
  position: SourcePosition,
): LineMistake {
  return new LineMistake({ code, text, position });
}

function unexpected(rest: string, position: SourcePosition): LineMistake {
  if (rest === '\\' || /^\\\s*$/.test(rest)) {
    return mistake('syntax', "'\\' continues a line only as its very last character", position);
  }
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  const hint = rest.startsWith('=') ? ": did you mean '=='?" : '';
  return mistake('syntax', `unexpected character ${JSON.stringify(character)}${hint}`, position);
}

/** The tokens of the physical lines of one file, joined where a line ends in a backslash. */
export class Lines {
  private readonly lines: readonly string[];
  private next = 0;

  constructor(
    private readonly file: string,
    text: string,
  ) {
    this.lines = text.split(/\r?\n/);
  }

  /** Whether lines are left. */
  get left(): boolean {
    return this.next < this.lines.length;
  }

  /**
   * Takes the next line with those that continue it.
   * @throws LineMistake if it has something that is no token; the next call goes on after it
   */
  take(): LogicalLine {
    const tokens: Token[] = [];
    let failed: unknown;
    let continued = true;
    while (continued && this.left) {
      const text = this.lines[this.next] ?? '';
      this.next += 1;
      continued = text.endsWith('\\');
      try {
        this.scan(continued ? text.slice(0, -1) : text, tokens, continued);
      } catch (error) {
        failed ??= error;
      }
    }
    if (failed !== undefined) {
      throw failed as LineMistake;
    }
    const column = (this.lines[this.next - 1] ?? '').length + 1;
    return { tokens, end: { file: this.file, line: this.next, column } };
  }

  private scan(text: string, tokens: Token[], continued: boolean): void {
    const end = text.trimEnd().length;
    let at = 0;
    while (at < end) {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(text);
      const found = match?.groups;
      if (match === null || found === undefined) {
        return;
      }
      at = TOKEN.lastIndex;
      if (found.comment !== undefined) {
        this.checkComment(at - found.comment.length, continued);
        return;
      }
      const token = this.token(found, at);
      tokens.push(token);
      if (WITH_PATH.has(token.text)) {
        at = this.path(text, at, tokens);
      }
    }
  }

  private token(found: Record<string, string | undefined>, end: number): Token {
    for (const kind of ['word', 'number', 'sign', 'directive'] as const) {
      const text = found[kind];
      if (text !== undefined) {
        return { kind, text, line: this.next, column: end - text.length + 1 };
      }
    }
    const rest = found.rest ?? '';
    throw unexpected(rest, this.position(end - rest.length));
  }

  private path(text: string, at: number, tokens: Token[]): number {
    PATH.lastIndex = at;
    const path = PATH.exec(text)?.groups?.path;
    if (path === undefined) {
      return at;
    }
    const column = PATH.lastIndex - path.length + 1;
    tokens.push({ kind: 'path', text: path, line: this.next, column });
    return PATH.lastIndex;
  }

  /** Readers disagree on whether such a comment takes the next line along: nobody shall wonder. */
  private checkComment(at: number, continued: boolean): void {
    if (continued) {
      const text = "a comment must not end in '\\': begin each line of it with '#'";
      throw mistake('syntax', text, this.position(at));
    }
  }

  private position(at: number): SourcePosition {
    return { file: this.file, line: this.next, column: at + 1 };
  }
}

import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';

import { currentArch, type SyscallArch } from '@crosvm/syscall-defines';

import type { Policy, Rule } from './policy';
import {
  LineMistake,
  PolicyError,
  type PolicyProblem,
  type PolicyProblemCode,
  positionText,
  type SourcePosition,
} from './policy-error';
import { parseStatement } from './statement';
import { TokenReader } from './token-reader';
import { Lines } from './tokens';

/**
 * Gives the text of an included file.
 * @param path relative to the directory of the file that includes it already resolved
 * @throws Error whose message says why there is none
 */
export type PolicyReader = (path: string) => string;

/** How to parse the text of a policy. */
export interface ParseOptions {
  /** Default: the architecture of this process. */
  readonly arch?: SyscallArch;
  /** Path of the text: for messages, and what relative includes start from. */
  readonly file?: string;
  /** Default: a policy that includes another one is refused. */
  readonly read?: PolicyReader;
}

/** minijail's compiler allows ten levels, too. */
const MAX_INCLUDE_DEPTH = 10;

const readNothing: PolicyReader = () => {
  throw new Error('this text cannot include files');
};

class PolicyParser {
  readonly problems: PolicyProblem[] = [];
  private readonly rules = new Map<number, Rule>();
  private readonly files: string[] = [];
  /** Where a file was included, by its absolute path. */
  private readonly included = new Map<string, SourcePosition>();
  /** The files being read, outermost first. */
  private readonly open: string[] = [];

  constructor(
    private readonly arch: SyscallArch,
    private readonly read: PolicyReader,
  ) {}

  policy(): Policy {
    if (this.problems.length > 0) {
      throw new PolicyError(this.problems);
    }
    const rules = [...this.rules.values()].sort((a, b) => a.number - b.number);
    return { arch: this.arch, rules, files: this.files };
  }

  parse(file: string, text: string): void {
    this.files.push(file);
    this.open.push(file);
    const lines = new Lines(file, text);
    while (lines.left) {
      try {
        this.line(new TokenReader(file, lines.take()), file);
      } catch (error) {
        if (!(error instanceof LineMistake)) {
          throw error;
        }
        this.problems.push(error.problem);
      }
    }
    this.open.pop();
  }

  private line(reader: TokenReader, file: string): void {
    if (reader.next === undefined) {
      return;
    }
    if (reader.next.kind === 'directive') {
      this.directive(reader, file);
      return;
    }
    for (const rule of parseStatement(reader, this.arch, this.problems)) {
      const first = this.rules.get(rule.number);
      if (first === undefined) {
        this.rules.set(rule.number, rule);
      } else {
        const text = `'${rule.name}' has a rule at ${positionText(first.position)} already: join them by '||'`;
        this.problems.push({ code: 'duplicate-call', text, position: rule.position });
      }
    }
  }

  private directive(reader: TokenReader, file: string): void {
    const { position } = reader;
    const { text } = reader.take('a directive', () => true);
    if (text === '@include') {
      this.include(reader, file);
    } else if (text === '@default') {
      const wanted = "'kill': whoever installs the policy chooses what follows a violation";
      reader.take(wanted, (token) => /^kill(-process)?$/.test(token.text));
      reader.end();
    } else {
      const hint =
        text === '@frequency'
          ? 'remove it, numbers are found by binary search'
          : 'only @include is';
      throw reader.mistake('unsupported', `'${text}' is not supported: ${hint}`, position);
    }
  }

  private include(reader: TokenReader, file: string): void {
    const { position } = reader;
    const { text } = reader.take('the path of a policy', ({ kind }) => kind === 'path');
    reader.end();
    const path = isAbsolute(text) ? normalize(text) : join(dirname(file), text);
    const fail = (code: PolicyProblemCode, message: string): LineMistake =>
      reader.mistake(code, message, position);

    const cycle = this.open.findIndex((name) => resolve(name) === resolve(path));
    if (cycle >= 0) {
      const chain = [...this.open.slice(cycle), path].join(' -> ');
      throw fail('circular-include', `'${text}' includes itself: ${chain}`);
    }
    if (this.open.length > MAX_INCLUDE_DEPTH) {
      const message = `more than ${MAX_INCLUDE_DEPTH} files include each other: ${this.open.join(' -> ')}`;
      throw fail('include-depth', message);
    }
    const first = this.included.get(resolve(path));
    if (first !== undefined) {
      throw fail('repeated-include', `'${text}' is included at ${positionText(first)} already`);
    }
    this.included.set(resolve(path), position);
    this.parse(path, this.readIncluded(path, fail));
  }

  private readIncluded(
    path: string,
    fail: (code: PolicyProblemCode, text: string) => LineMistake,
  ): string {
    try {
      return this.read(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw fail('missing-include', `cannot include ${path}: ${why}`);
    }
  }
}

/**
 * Parses a policy in minijail's language, minijail0(5).
 * @throws PolicyError with all its mistakes
 */
export function parsePolicy(text: string, options: ParseOptions = {}): Policy {
  const parser = new PolicyParser(options.arch ?? currentArch(), options.read ?? readNothing);
  parser.parse(options.file ?? 'policy', text);
  return parser.policy();
}

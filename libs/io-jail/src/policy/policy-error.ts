/** A place in a policy file; lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What kind of mistake it is; stable, for programs. */
export type PolicyProblemCode =
  | 'unreadable-file'
  | 'syntax'
  | 'unknown-call'
  | 'unknown-constant'
  | 'bad-number'
  | 'bad-argument'
  | 'bad-errno'
  | 'duplicate-call'
  | 'unsupported'
  | 'missing-include'
  | 'circular-include'
  | 'repeated-include'
  | 'include-depth';

/** One mistake in a policy. */
export interface PolicyProblem {
  readonly code: PolicyProblemCode;
  /** What is wrong and how to mend it. */
  readonly text: string;
  /** Where; a position with line 0 stands for the whole file. */
  readonly position: SourcePosition;
}

/** `file:line:column` of a place, or the file alone where the whole of it is meant. */
export function positionText({ file, line, column }: SourcePosition): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/**
 * A policy with mistakes. `message` has a line for each of them, `file:line:column: text`.
 */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  /** All mistakes that were found, at least one, in the order of the text. */
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[], options?: ErrorOptions) {
    super(
      problems.map(({ text, position }) => `${positionText(position)}: ${text}`).join('\n'),
      options,
    );
    this.problems = problems;
  }
}

/** Ends the parsing of one line; never leaves the parser. */
export class LineMistake extends Error {
  constructor(readonly problem: PolicyProblem) {
    super(problem.text);
  }
}

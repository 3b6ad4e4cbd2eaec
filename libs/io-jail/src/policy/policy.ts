import type { SyscallArch } from '@crosvm/syscall-defines';

import type { SourcePosition } from './policy-error';

/**
 * How an argument is compared, all 64 bits and unsigned: `&` is true if any of the bits is set,
 * `in` if no other bits are.
 */
export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '&' | 'in';

/** A comparison of an argument with a constant, such as `arg1 == TCGETS`. */
export interface Comparison {
  /** 0 to 5. */
  readonly argument: number;
  readonly operator: Operator;
  /** 0 to 2^64 - 1; a negative number of the text in two's complement. */
  readonly value: bigint;
}

/** One way in which a call is permitted: all comparisons hold. Without any it always is. */
export interface Alternative {
  readonly comparisons: readonly Comparison[];
  /** What the policy says, with single blanks. */
  readonly text: string;
  readonly position: SourcePosition;
}

/** What becomes of a call that no alternative permits. */
export type Refusal =
  | { readonly kind: 'violation' }
  /** The call returns this error and does nothing; 0 is success. */
  | { readonly kind: 'errno'; readonly errno: number };

/** What a policy says about one system call. */
export interface Rule {
  readonly name: string;
  readonly number: number;
  /** The terms between `||`, in the order of the text. */
  readonly alternatives: readonly Alternative[];
  readonly otherwise: Refusal;
  readonly position: SourcePosition;
}

/** A policy: what is not in it is a violation. */
export interface Policy {
  readonly arch: SyscallArch;
  /** Sorted by number, each number once. */
  readonly rules: readonly Rule[];
  /** The files that it is made of, in the order in which they were opened. */
  readonly files: readonly string[];
}

import type { Attacker } from './attacker';

/** A kind of device host: a policy, and whether its JavaScript is compiled. */
export interface HostKind {
  readonly policy: string;
  readonly compiled: boolean;
}

/**
 * What comes of an attempt, in one of these words: `works`; the name of an errno; `forbidden open`, if the
 * supervisor ends the device because of this system call; `killed by SIGSYS`.
 */
export type Outcome = string;

/** One way out of a jail. */
export interface Attempt {
  /** What it does. */
  readonly name: string;
  /** What it needs of the time before the lock-down. */
  readonly prepare?: (attacker: Attacker) => unknown;
  /** Makes it. @throws SysError */
  readonly run: (attacker: Attacker) => unknown;
  /** Nothing can be tried in the same process afterwards. */
  readonly isLast?: boolean;
  /** The system call that is forbidden. */
  readonly call?: string;
  /** What comes of it in a jail. */
  readonly jailed: Expected;
  /**
   * What comes of it in a jail whose filter of system calls lets everything pass: the other walls. More
   * than one where kernels, or users, differ; none if it is not tried so.
   */
  readonly unfiltered: readonly Outcome[];
  /** What comes of it without any sandbox. Likewise. */
  readonly free: readonly Outcome[];
}

/** What comes of an attempt; several if machines differ. */
export type Expected = Outcome | readonly Outcome[];

/** As a list. */
export function list(expected: Expected): readonly Outcome[] {
  return typeof expected === 'string' ? [expected] : expected;
}

/**
 * An attempt whose first system call the policy forbids.
 * @param call that call
 * @param expected with an open filter, and without a sandbox
 */
export function attempt(
  what: string,
  call: string,
  expected: readonly [unfiltered: Expected, free: Expected],
  run: Attempt['run'],
): Attempt {
  const [unfiltered, free] = expected;
  return {
    name: `${call}: ${what}`,
    call,
    run,
    jailed: `forbidden ${call}`,
    unfiltered: list(unfiltered),
    free: list(free),
  };
}

/** An attempt that is one system call with these arguments. */
export function single(
  what: string,
  call: string,
  expected: readonly [unfiltered: Expected, free: Expected],
  args: (attacker: Attacker) => readonly number[] = () => [],
): Attempt {
  return attempt(what, call, expected, (attacker) => attacker.call(call, ...args(attacker)));
}

import { type SyscallArch, syscallsOf } from '@crosvm/syscall-defines';

import type { Alternative, Policy, Refusal, Rule } from '../policy/policy';
import { Assembler, type Code } from './assembler';
import { anyOfCode, comparisonCode, type Exits } from './comparison-code';
import {
  type AddressRange,
  checkRange,
  executableRangeCode,
  PROTECT_CALLS,
} from './executable-range';
import { BPF, FilterError } from './instruction';
import { type NumberRange, numberSearch } from './number-search';
import { AUDIT_ARCH, MAX_ERRNO, SECCOMP_DATA, SECCOMP_RET, X32_SYSCALL_BIT } from './seccomp';

/**
 * What follows a call that the policy does not permit: the process is killed, gets SIGSYS, is only
 * logged, or waits for a supervisor; a number is the error that the call returns.
 */
export type Violation = 'kill' | 'trap' | 'log' | 'notify' | number;

/** How to compile a policy. */
export interface CompileOptions {
  /** Default: 'kill'. */
  readonly violation?: Violation;
  /** What follows a call that is permitted; 'notify' lets a supervisor see it. Default: 'allow'. */
  readonly allowed?: 'allow' | 'notify';
  /** Memory that mprotect and pkey_mprotect may make executable, whatever the policy says. */
  readonly executable?: readonly AddressRange[];
}

const VIOLATIONS = {
  kill: SECCOMP_RET.KILL_PROCESS,
  trap: SECCOMP_RET.TRAP,
  log: SECCOMP_RET.LOG,
  notify: SECCOMP_RET.USER_NOTIF,
} as const;

function errnoValue(errno: number): number {
  if (!Number.isInteger(errno) || errno < 0 || errno > MAX_ERRNO) {
    throw new FilterError(`${errno} is no error number`);
  }
  return SECCOMP_RET.ERRNO + errno;
}

function violationValue(violation: Violation): number {
  return typeof violation === 'number' ? errnoValue(violation) : VIOLATIONS[violation];
}

/** The argument and the value where an alternative is nothing but one `==`. */
function soleEquality({
  comparisons,
}: Alternative): { argument: number; value: bigint } | undefined {
  const [only] = comparisons;
  return comparisons.length === 1 && only?.operator === '==' ? only : undefined;
}

/** What a compiler needs to know of a rule. */
type CompiledRule = Pick<Rule, 'name' | 'number' | 'alternatives' | 'otherwise'>;

const NO_RULE: Omit<CompiledRule, 'name' | 'number'> = {
  alternatives: [],
  otherwise: { kind: 'violation' },
};

class Compiler {
  private readonly assembler = new Assembler();
  private readonly kill = this.assembler.ret(SECCOMP_RET.KILL_PROCESS);
  private readonly violation: Code;
  private readonly allowed: Code;
  private readonly executable: readonly AddressRange[];

  constructor(options: CompileOptions) {
    const { violation = 'kill', allowed = 'allow', executable = [] } = options;
    this.executable = executable;
    this.violation = this.assembler.ret(violationValue(violation));
    this.allowed = this.assembler.ret(
      allowed === 'allow' ? SECCOMP_RET.ALLOW : SECCOMP_RET.USER_NOTIF,
    );
  }

  compile(policy: Policy): Uint8Array {
    const ranges = this.ranges(policy);
    const search = this.assembler.load(SECCOMP_DATA.NR, numberSearch(this.assembler, ranges));
    const test = { code: BPF.JEQ_K, k: AUDIT_ARCH[policy.arch] };
    const arch = this.assembler.branch(test, search, this.kill, SECCOMP_DATA.ARCH);
    return this.assembler.finish(this.assembler.load(SECCOMP_DATA.ARCH, arch));
  }

  private ranges({ arch, rules }: Policy): readonly NumberRange[] {
    const ranges: NumberRange[] = [];
    let start = 0;
    for (const rule of this.withProtectCalls(arch, rules)) {
      if (rule.number > start) {
        ranges.push({ start, code: this.violation });
      }
      ranges.push({ start: rule.number, code: this.rule(rule) });
      start = rule.number + 1;
    }
    ranges.push({ start, code: this.violation });
    if (arch === 'x86_64') {
      ranges.push({ start: X32_SYSCALL_BIT, code: this.kill });
    }
    return ranges;
  }

  /** The ranges are for calls that the policy says nothing about, too. */
  private withProtectCalls(
    arch: SyscallArch,
    rules: readonly CompiledRule[],
  ): readonly CompiledRule[] {
    const numbers = new Set(rules.map(({ number }) => number));
    const missing = [...(this.executable.length === 0 ? [] : PROTECT_CALLS)]
      .map((name) => ({ ...NO_RULE, name, number: syscallsOf(arch)[name] ?? 0 }))
      .filter(({ number }) => !numbers.has(number));
    return missing.length === 0
      ? rules
      : [...rules, ...missing].sort((a, b) => a.number - b.number);
  }

  private rule(rule: CompiledRule): Code {
    const { yes, no }: Exits = { yes: this.allowed, no: this.refusal(rule.otherwise) };
    const ranges = PROTECT_CALLS.has(rule.name) ? this.executable : [];
    const inRange = ranges.reduceRight(
      (other, range) => executableRangeCode(this.assembler, range, { yes, no: other }),
      no,
    );
    return this.alternatives(rule.alternatives, { yes, no: inRange });
  }

  private refusal(refusal: Refusal): Code {
    return refusal.kind === 'violation'
      ? this.violation
      : this.assembler.ret(errnoValue(refusal.errno));
  }

  /** From the last to the first; neighbours that compare one argument with values are one search. */
  private alternatives(alternatives: readonly Alternative[], { yes, no }: Exits): Code {
    let code = no;
    for (let end = alternatives.length; end > 0;) {
      const start = this.startOfSearch(alternatives, end);
      code = this.search(alternatives.slice(start, end), { yes, no: code });
      end = start;
    }
    return code;
  }

  private startOfSearch(alternatives: readonly Alternative[], end: number): number {
    const argumentAt = (index: number): number | undefined => {
      const alternative = alternatives[index];
      return alternative && soleEquality(alternative)?.argument;
    };
    const argument = argumentAt(end - 1);
    let start = end - 1;
    while (argument !== undefined && start > 0 && argumentAt(start - 1) === argument) {
      start -= 1;
    }
    return start;
  }

  private search(group: readonly Alternative[], exits: Exits): Code {
    const equalities = group.map(soleEquality).filter((equality) => equality !== undefined);
    const [first] = equalities;
    if (first !== undefined) {
      const values = equalities.map(({ value }) => value);
      return anyOfCode(this.assembler, first.argument, { values, exits });
    }
    const comparisons = group.flatMap((alternative) => alternative.comparisons);
    return comparisons.reduceRight(
      (yes, comparison) => comparisonCode(this.assembler, comparison, { yes, no: exits.no }),
      exits.yes,
    );
  }
}

/**
 * Compiles a policy to classic BPF for seccomp(2): an array of `struct sock_filter`.
 * Calls of other ABIs than the policy's (32-bit ones, x32) kill the process, whatever the options.
 * @throws FilterError if it would be longer than 4096 instructions, or for an option out of range
 */
export function compileFilter(policy: Policy, options: CompileOptions = {}): Uint8Array {
  options.executable?.forEach(checkRange);
  return new Compiler(options).compile(policy);
}

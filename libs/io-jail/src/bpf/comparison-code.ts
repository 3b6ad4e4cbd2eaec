import type { Comparison } from '../policy/policy';
import type { Assembler, Code } from './assembler';
import { BPF } from './instruction';
import { highWord, lowWord } from './seccomp';

/** Where a condition goes when it holds, and when it does not. */
export interface Exits {
  readonly yes: Code;
  readonly no: Code;
}

const ALL_BITS = 2n ** 64n - 1n;

const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number(value >> 32n);

const swap = ({ yes, no }: Exits): Exits => ({ yes: no, no: yes });

/** A test of the upper half, then (where it does not decide) one of the lower half. */
class Halves {
  constructor(
    private readonly assembler: Assembler,
    private readonly argument: number,
  ) {}

  equal(value: bigint, exits: Exits): Code {
    return this.anyOf([value], exits);
  }

  /** True if the argument is one of these values. */
  anyOf(values: readonly bigint[], { yes, no }: Exits): Code {
    const byHigh = new Map<number, bigint[]>();
    for (const value of values) {
      const half = high(value);
      byHigh.set(half, [...(byHigh.get(half) ?? []), value]);
    }
    let code = no;
    for (const [half, group] of [...byHigh].reverse()) {
      const lows = this.onLow(
        group.reduceRight<Code>(
          (rest, value) => this.lowTest(BPF.JEQ_K, low(value), yes, rest),
          no,
        ),
      );
      code = this.highTest(BPF.JEQ_K, half, lows, code);
    }
    return this.onHigh(code);
  }

  greater(value: bigint, exits: Exits): Code {
    return this.ordered(BPF.JGT_K, value, exits);
  }

  atLeast(value: bigint, exits: Exits): Code {
    if (low(value) === 0) {
      return this.onHigh(this.highTest(BPF.JGE_K, high(value), exits.yes, exits.no));
    }
    return this.ordered(BPF.JGE_K, value, exits);
  }

  anyBit(value: bigint, { yes, no }: Exits): Code {
    const lows = low(value) === 0 ? no : this.onLow(this.lowTest(BPF.JSET_K, low(value), yes, no));
    return high(value) === 0
      ? lows
      : this.onHigh(this.highTest(BPF.JSET_K, high(value), yes, lows));
  }

  private ordered(code: number, value: bigint, { yes, no }: Exits): Code {
    const half = high(value);
    const lows = this.onLow(this.lowTest(code, low(value), yes, no));
    const equal = this.highTest(BPF.JEQ_K, half, lows, no);
    return this.onHigh(this.highTest(BPF.JGT_K, half, yes, equal));
  }

  private onLow(code: Code): Code {
    return this.assembler.load(lowWord(this.argument), code);
  }

  private onHigh(code: Code): Code {
    return this.assembler.load(highWord(this.argument), code);
  }

  private lowTest(code: number, k: number, yes: Code, no: Code): Code {
    return this.assembler.branch({ code, k }, yes, no, lowWord(this.argument));
  }

  private highTest(code: number, k: number, yes: Code, no: Code): Code {
    return this.assembler.branch({ code, k }, yes, no, highWord(this.argument));
  }
}

/** Code that compares an argument, all 64 bits of it, and goes one way or the other. */
export function comparisonCode(
  assembler: Assembler,
  { argument, operator, value }: Comparison,
  exits: Exits,
): Code {
  const halves = new Halves(assembler, argument);
  switch (operator) {
    case '==':
      return halves.equal(value, exits);
    case '!=':
      return halves.equal(value, swap(exits));
    case '>':
      return halves.greater(value, exits);
    case '<=':
      return halves.greater(value, swap(exits));
    case '>=':
      return halves.atLeast(value, exits);
    case '<':
      return halves.atLeast(value, swap(exits));
    case '&':
      return halves.anyBit(value, exits);
    case 'in':
      return halves.anyBit(value ^ ALL_BITS, swap(exits));
  }
}

/** Code that looks for an argument in a list of values. */
export function anyOfCode(
  assembler: Assembler,
  argument: number,
  { values, exits }: { values: readonly bigint[]; exits: Exits },
): Code {
  return new Halves(assembler, argument).anyOf(values, exits);
}

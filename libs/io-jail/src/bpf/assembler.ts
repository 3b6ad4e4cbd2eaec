import {
  BPF,
  encodeInstructions,
  FilterError,
  type Instruction,
  MAX_INSTRUCTIONS,
} from './instruction';

/**
 * Code that has been laid down: running it from its first instruction ends the program.
 * Only the assembler that made it knows what to do with it.
 */
export interface Code {
  /** Tells equal code from other code: the same code is made once. */
  readonly id: number;
  /** Where its first instruction is, or a jump to it: counted from the end of the program. */
  at: number;
  /** The return, if it is nothing else. */
  readonly returns: number | undefined;
  /** If it begins with a load of this word of seccomp_data: what comes after the load. */
  readonly afterLoad: { readonly word: number; readonly next: Code } | undefined;
}

/** Most instructions that a conditional jump can skip. */
const MAX_SKIP = 255;
/** A branch may have to lay down two jumps before itself. */
const ROOM = 2;

/**
 * Makes a program from its end to its beginning: BPF jumps forward only, so whatever is jumped to
 * is there already and all distances are known. Code is made of what follows it, and equal code is
 * shared. A target that is too far away is reached by a jump nearby, or repeated if it is a return.
 */
export class Assembler {
  /** The instructions in reverse order. */
  private readonly reversed: Instruction[] = [];
  private readonly made = new Map<string, Code>();

  /** Ends the program with this value. */
  ret(value: number): Code {
    return this.share(`ret ${value}`, () => {
      this.emit(BPF.RET_K, value);
      return { returns: value };
    });
  }

  /** Loads a word of seccomp_data into A, then goes on with `next`. */
  load(word: number, next: Code): Code {
    return this.share(`load ${word} ${next.id}`, () => {
      this.fallInto(next);
      this.emit(BPF.LD_ABS, word);
      return { afterLoad: { word, next } };
    });
  }

  /** Any instruction that is neither a jump nor a return, then `next`. */
  step(code: number, k: number, next: Code): Code {
    return this.share(`step ${code} ${k} ${next.id}`, () => {
      this.fallInto(next);
      this.emit(code, k);
      return {};
    });
  }

  /**
   * A conditional jump.
   * @param test its code and operand
   * @param word what A holds, if that is known: code that would load it again is entered behind the load
   */
  branch(test: { code: number; k: number }, onTrue: Code, onFalse: Code, word?: number): Code {
    const targets = [this.skipLoad(onTrue, word), this.skipLoad(onFalse, word)] as const;
    const [yes, no] = targets;
    if (yes.id === no.id) {
      return yes;
    }
    return this.share(`${test.code} ${test.k} ${yes.id} ${no.id}`, () => {
      targets.forEach((target) => this.bringNear(target));
      const here = this.reversed.length;
      this.reversed.push({ ...test, jt: here - yes.at - 1, jf: here - no.at - 1 });
      return {};
    });
  }

  /**
   * The whole program, which starts with `entry`.
   * @throws FilterError if it is longer than the kernel allows
   */
  finish(entry: Code): Uint8Array {
    this.fallInto(entry);
    const { length } = this.reversed;
    if (length > MAX_INSTRUCTIONS) {
      const most = `the kernel takes ${MAX_INSTRUCTIONS}`;
      throw new FilterError(`the policy compiles to ${length} instructions, ${most}: simplify it`);
    }
    return encodeInstructions(this.reversed.toReversed());
  }

  private share(key: string, make: () => Partial<Code>): Code {
    const known = this.made.get(key);
    if (known !== undefined) {
      return known;
    }
    const parts = { returns: undefined, afterLoad: undefined, ...make() };
    const code: Code = { ...parts, id: this.made.size, at: this.reversed.length - 1 };
    this.made.set(key, code);
    return code;
  }

  private emit(code: number, k: number): void {
    this.reversed.push({ code, jt: 0, jf: 0, k });
  }

  /** Makes `code` what follows the next instruction that is laid down. */
  private fallInto(code: Code): void {
    if (code.at !== this.reversed.length - 1) {
      this.repeat(code);
    }
  }

  private bringNear(code: Code): void {
    if (this.reversed.length + ROOM - code.at - 1 > MAX_SKIP) {
      this.repeat(code);
    }
  }

  /** Lays down a jump to the code, or the code itself if it is one instruction. */
  private repeat(code: Code): void {
    if (code.returns === undefined) {
      this.emit(BPF.JA, this.reversed.length - code.at - 1);
    } else {
      this.emit(BPF.RET_K, code.returns);
    }
    code.at = this.reversed.length - 1;
  }

  private skipLoad(code: Code, word: number | undefined): Code {
    const { afterLoad } = code;
    return afterLoad !== undefined && afterLoad.word === word ? afterLoad.next : code;
  }
}

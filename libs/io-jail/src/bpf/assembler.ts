import {
  BPF,
  encodeInstructions,
  FilterError,
  type Instruction,
  MAX_INSTRUCTIONS,
  MAX_SKIP,
} from './instruction';

/**
 * Code: running it from its first instruction ends the program.
 * Only the assembler that made it knows what to do with it.
 */
export interface Code {
  /** Tells equal code from other code: the same code is made once. */
  readonly id: number;
  /**
   * Where its first instruction is, or a jump to it: counted from the end of the program.
   * Loads and returns may have no place until something goes there.
   */
  at: number | undefined;
  /** Whether something goes there. */
  used?: boolean;
  /** The return, if it is nothing else. */
  readonly returns?: number;
  /** If it begins with a load of this word of seccomp_data: what comes after the load. */
  readonly afterLoad?: { readonly word: number; readonly next: Code };
}

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
    return this.share(`ret ${value}`, () => ({ at: undefined, returns: value }));
  }

  /** Loads a word of seccomp_data into A, then goes on with `next`. */
  load(word: number, next: Code): Code {
    return this.share(`load ${word} ${next.id}`, () => {
      // Best right before what it is for; if all who go there skip it, it is taken back.
      const adjoins = next.at === this.reversed.length - 1;
      const at = adjoins ? this.emit(BPF.LD_ABS, word) : undefined;
      return { at, afterLoad: { word, next } };
    });
  }

  /** Any instruction that is neither a jump nor a return, then `next`. */
  step(code: number, k: number, next: Code): Code {
    return this.share(`step ${code} ${k} ${next.id}`, () => {
      this.fallInto(next);
      return { at: this.emit(code, k) };
    });
  }

  /**
   * A conditional jump.
   * @param test its code and operand
   * @param word what A holds, if that is known: code that would load it again is entered behind the load
   */
  branch(test: { code: number; k: number }, onTrue: Code, onFalse: Code, word?: number): Code {
    const yes = this.skipLoad(onTrue, word);
    const no = this.skipLoad(onFalse, word);
    if (yes.id === no.id) {
      return yes;
    }
    return this.share(`${test.code} ${test.k} ${yes.id} ${no.id}`, () => {
      this.place(yes);
      this.place(no);
      const skipped = [this.bringNear(yes), this.bringNear(no)] as const;
      const here = this.reversed.length;
      const [jt, jf] = [here - skipped[0] - 1, here - skipped[1] - 1];
      return { at: this.reversed.push({ ...test, jt, jf }) - 1 };
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

  private share(key: string, make: () => Omit<Code, 'id'>): Code {
    const known = this.made.get(key);
    if (known !== undefined) {
      return known;
    }
    const code: Code = { ...make(), id: this.made.size };
    this.made.set(key, code);
    return code;
  }

  private emit(code: number, k: number): number {
    return this.reversed.push({ code, jt: 0, jf: 0, k }) - 1;
  }

  /** Where the code is; it is laid down if it has no place yet. */
  private place(code: Code): number {
    if (code.at === undefined && code.afterLoad !== undefined) {
      this.fallInto(code.afterLoad.next);
      code.at = this.emit(BPF.LD_ABS, code.afterLoad.word);
    }
    return code.at ?? this.repeat(code, 0);
  }

  /** Makes `code` what follows the next instruction that is laid down. */
  private fallInto(code: Code): void {
    code.used = true;
    const at = this.place(code);
    if (at !== this.reversed.length - 1) {
      this.repeat(code, at);
    }
  }

  private bringNear(code: Code): number {
    const at = this.place(code);
    code.used = true;
    const far = this.reversed.length + ROOM - at - 1 > MAX_SKIP;
    return far ? this.repeat(code, at) : at;
  }

  /** Lays down a jump to the code, or the code itself if it is a return. */
  private repeat(code: Code, at: number): number {
    code.at =
      code.returns === undefined
        ? this.emit(BPF.JA, this.reversed.length - at - 1)
        : this.emit(BPF.RET_K, code.returns);
    return code.at;
  }

  private skipLoad(code: Code, word: number | undefined): Code {
    const { afterLoad } = code;
    if (afterLoad === undefined || afterLoad.word !== word) {
      return code;
    }
    if (code.used !== true && code.at === this.reversed.length - 1) {
      this.reversed.pop();
      code.at = undefined;
    }
    return afterLoad.next;
  }
}

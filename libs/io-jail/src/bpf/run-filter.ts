import { checkFilter, MORE_BPF } from './check-filter';
import { BPF, decodeInstructions, FilterError, type Instruction } from './instruction';
import { SECCOMP_DATA } from './seccomp';

/** What a filter is told about a call: `struct seccomp_data`. */
export interface SeccompData {
  /** The number; seen as 32 bits. */
  readonly nr: number;
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  /** Up to six, as 64 bits; those that are missing are 0. */
  readonly args: readonly bigint[];
  /** Address of the instruction after the call; default 0. */
  readonly instructionPointer?: bigint;
}

/** Writes `struct seccomp_data`. */
function encodeData({ nr, arch, args, instructionPointer = 0n }: SeccompData): DataView {
  const view = new DataView(new ArrayBuffer(SECCOMP_DATA.SIZE));
  view.setUint32(SECCOMP_DATA.NR, nr, true);
  view.setUint32(SECCOMP_DATA.ARCH, arch, true);
  view.setBigUint64(SECCOMP_DATA.INSTRUCTION_POINTER, instructionPointer, true);
  args.slice(0, 6).forEach((value, index) => {
    view.setBigUint64(SECCOMP_DATA.ARGS + 8 * index, value, true);
  });
  return view;
}

/** Arithmetic on A by the code without its source bit; 32 bits, as the kernel does it. */
const ALU: Readonly<Record<number, (a: number, b: number) => number>> = {
  [BPF.ADD_K]: (a, b) => a + b,
  [MORE_BPF.SUB_K]: (a, b) => a - b,
  [MORE_BPF.MUL_K]: (a, b) => Math.imul(a, b),
  [MORE_BPF.DIV_K]: (a, b) => Math.floor(a / b),
  [MORE_BPF.OR_K]: (a, b) => a | b,
  [MORE_BPF.AND_K]: (a, b) => a & b,
  [MORE_BPF.LSH_K]: (a, b) => a << (b & 31),
  [MORE_BPF.RSH_K]: (a, b) => a >>> (b & 31),
  [MORE_BPF.NEG]: (a) => -a,
  [MORE_BPF.XOR_K]: (a, b) => a ^ b,
};

/** Conditions of jumps, likewise. */
const JUMPS: Readonly<Record<number, (a: number, b: number) => boolean>> = {
  [BPF.JEQ_K]: (a, b) => a === b,
  [BPF.JGT_K]: (a, b) => a > b,
  [BPF.JGE_K]: (a, b) => a >= b,
  [BPF.JSET_K]: (a, b) => (a & b) !== 0,
};

/** BPF_X: the operand is the register X. */
const SOURCE_X = 0x08;

class Machine {
  private a = 0;
  private x = 0;
  private readonly memory = new Uint32Array(16);

  constructor(
    private readonly instructions: readonly Instruction[],
    private readonly data: DataView,
  ) {}

  run(): number {
    for (let at = 0; ; at += 1) {
      const instruction = this.instructions[at];
      if (instruction === undefined) {
        throw new FilterError(`it runs past its end, to ${at}`);
      }
      const { code, jt, jf, k } = instruction;
      const operand = (code & SOURCE_X) === 0 ? k : this.x;
      const jump = JUMPS[code & ~SOURCE_X];
      const alu = ALU[code & ~SOURCE_X];
      if (code === BPF.RET_K || code === MORE_BPF.RET_A) {
        return code === BPF.RET_K ? k : this.a;
      }
      if (code === BPF.JA) {
        at += k;
      } else if (jump !== undefined) {
        at += jump(this.a, operand) ? jt : jf;
      } else if (code === MORE_BPF.DIV_X && this.x === 0) {
        // The kernel ends the program with 0.
        return 0;
      } else if (alu !== undefined) {
        this.a = alu(this.a, operand) >>> 0;
      } else {
        this.move(code, k);
      }
    }
  }

  private move(code: number, k: number): void {
    switch (code) {
      case BPF.LD_ABS:
        this.a = this.data.getUint32(k, true);
        break;
      case MORE_BPF.LD_IMM:
        this.a = k;
        break;
      case MORE_BPF.LDX_IMM:
        this.x = k;
        break;
      case MORE_BPF.LD_LEN:
        this.a = SECCOMP_DATA.SIZE;
        break;
      case MORE_BPF.LDX_LEN:
        this.x = SECCOMP_DATA.SIZE;
        break;
      case MORE_BPF.LD_MEM:
        this.a = this.memory[k] ?? 0;
        break;
      case MORE_BPF.LDX_MEM:
        this.x = this.memory[k] ?? 0;
        break;
      case MORE_BPF.ST:
        this.memory[k] = this.a;
        break;
      case MORE_BPF.STX:
        this.memory[k] = this.x;
        break;
      case BPF.TAX:
        this.x = this.a;
        break;
      default:
        this.a = this.x;
    }
  }
}

/**
 * Runs a filter as the kernel does, for tests and tools.
 * @returns what it returns: SECCOMP_RET_* and data, for `decodeAction`
 * @throws FilterError if the kernel would not take the program
 */
export function runFilter(program: Uint8Array, data: SeccompData): number {
  const instructions = decodeInstructions(program);
  checkFilter(instructions);
  return new Machine(instructions, encodeData(data)).run();
}

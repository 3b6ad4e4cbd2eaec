import { BPF, FilterError, type Instruction, MAX_INSTRUCTIONS } from './instruction';
import { SECCOMP_DATA } from './seccomp';

const MEMORY_SLOTS = 16;

/** Fields of a code: linux/bpf_common.h. */
const CLASS_MASK = 0x07;
const CLASS_JMP = 0x05;
const CLASS_RET = 0x06;

/** Further codes that the kernel allows in a seccomp filter (seccomp_check_filter). */
export const MORE_BPF = {
  LD_IMM: 0x00,
  LDX_IMM: 0x01,
  LD_LEN: 0x80,
  LDX_LEN: 0x81,
  /** A = M[k]. */
  LD_MEM: 0x60,
  LDX_MEM: 0x61,
  /** M[k] = A. */
  ST: 0x02,
  STX: 0x03,
  SUB_K: 0x14,
  SUB_X: 0x1c,
  MUL_K: 0x24,
  MUL_X: 0x2c,
  DIV_K: 0x34,
  DIV_X: 0x3c,
  OR_K: 0x44,
  OR_X: 0x4c,
  AND_K: 0x54,
  AND_X: 0x5c,
  LSH_K: 0x64,
  LSH_X: 0x6c,
  RSH_K: 0x74,
  RSH_X: 0x7c,
  NEG: 0x84,
  XOR_K: 0xa4,
  XOR_X: 0xac,
  TXA: 0x87,
  JEQ_X: 0x1d,
  JGE_X: 0x3d,
  JSET_X: 0x4d,
  RET_A: 0x16,
} as const;

const ALLOWED: ReadonlySet<number> = new Set([...Object.values(BPF), ...Object.values(MORE_BPF)]);
const MEMORY_CODES: ReadonlySet<number> = new Set([
  MORE_BPF.LD_MEM,
  MORE_BPF.ST,
  MORE_BPF.LDX_MEM,
  MORE_BPF.STX,
]);

/** Whether it is a jump, conditional or not. */
export function isJump({ code }: Instruction): boolean {
  return (code & CLASS_MASK) === CLASS_JMP;
}

/** Whether it ends the program. */
export function isReturn({ code }: Instruction): boolean {
  return (code & CLASS_MASK) === CLASS_RET;
}

/** Where the program may go on after the instruction at `at`: nowhere, one place, or two. */
export function successors(instruction: Instruction, at: number): readonly number[] {
  if (isReturn(instruction)) {
    return [];
  }
  if (instruction.code === BPF.JA) {
    return [at + 1 + instruction.k];
  }
  return isJump(instruction) ? [at + 1 + instruction.jt, at + 1 + instruction.jf] : [at + 1];
}

/** What is wrong with the operand of an instruction, if anything is. */
function operandFault({ code, k }: Instruction): string | undefined {
  if (code === BPF.LD_ABS && (k >= SECCOMP_DATA.SIZE || k % 4 !== 0)) {
    return `no word of seccomp_data is at ${k}`;
  }
  if (MEMORY_CODES.has(code) && k >= MEMORY_SLOTS) {
    return `there is no memory slot ${k}`;
  }
  if (code === MORE_BPF.DIV_K && k === 0) {
    return 'it divides by zero';
  }
  const isShift = code === MORE_BPF.LSH_K || code === MORE_BPF.RSH_K;
  return isShift && k >= 32 ? `it shifts by ${k} bits` : undefined;
}

/**
 * Follows the jumps, which all go forward: a slot must have been stored on every way to its load.
 * Like the kernel, it goes on behind a return as if that could be passed.
 */
function checkMemory(instructions: readonly Instruction[]): void {
  const stored = instructions.map(() => 0xffff);
  stored[0] = 0;
  instructions.forEach((instruction, at) => {
    const { code, k } = instruction;
    let slots = stored[at] ?? 0;
    if (code === MORE_BPF.ST || code === MORE_BPF.STX) {
      slots |= 1 << k;
    }
    const loads = code === MORE_BPF.LD_MEM || code === MORE_BPF.LDX_MEM;
    if (loads && (slots & (1 << k)) === 0) {
      throw new FilterError(`instruction ${at}: slot ${k} may be read before it was stored`);
    }
    for (const next of isReturn(instruction) ? [at + 1] : successors(instruction, at)) {
      stored[next] = (stored[next] ?? 0) & slots;
    }
  });
}

/**
 * Checks a program as the kernel does before it takes it (bpf_check_classic and
 * seccomp_check_filter).
 * @throws FilterError naming the instruction
 */
export function checkFilter(instructions: readonly Instruction[]): void {
  const { length } = instructions;
  if (length === 0 || length > MAX_INSTRUCTIONS) {
    throw new FilterError(`${length} instructions: a filter has 1 to ${MAX_INSTRUCTIONS}`);
  }
  instructions.forEach((instruction, at) => {
    const fail = (text: string): FilterError => new FilterError(`instruction ${at}: ${text}`);
    if (!ALLOWED.has(instruction.code)) {
      throw fail(`code 0x${instruction.code.toString(16)} is not allowed`);
    }
    const fault = operandFault(instruction);
    if (fault !== undefined) {
      throw fail(fault);
    }
    if (isJump(instruction) && successors(instruction, at).some((next) => next >= length)) {
      throw fail('it jumps out of the program');
    }
  });
  const last = instructions[length - 1];
  if (last === undefined || !isReturn(last)) {
    throw new FilterError('the last instruction does not return');
  }
  checkMemory(instructions);
}

/** One instruction of classic BPF: `struct sock_filter` of linux/filter.h. */
export interface Instruction {
  readonly code: number;
  /** How many instructions a jump skips where its condition is true. */
  readonly jt: number;
  /** How many it skips where the condition is false. */
  readonly jf: number;
  /** The operand: a constant, an offset, a memory slot. */
  readonly k: number;
}

/** Codes of the instructions that a compiled policy is made of: linux/bpf_common.h, linux/filter.h. */
export const BPF = {
  /** A = the word of seccomp_data at k. */
  LD_ABS: 0x20,

  ADD_K: 0x04,
  ADD_X: 0x0c,
  /** X = A. */
  TAX: 0x07,
  JA: 0x05,
  JEQ_K: 0x15,
  JGT_K: 0x25,
  JGE_K: 0x35,
  JSET_K: 0x45,
  JGT_X: 0x2d,
  RET_K: 0x06,
} as const;

/** Size of `struct sock_filter`. */
export const INSTRUCTION_BYTES = 8;

/** `BPF_MAXINSNS` of linux/bpf_common.h. */
export const MAX_INSTRUCTIONS = 4096;

/** A program that cannot be made, or that the kernel would refuse. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

/** Most instructions that a conditional jump can skip. */
export const MAX_SKIP = 255;

/**
 * The bytes of a program: an array of `struct sock_filter`, little endian.
 * @throws Error for a conditional jump that is too long, which is a mistake of whoever made it
 */
export function encodeInstructions(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt, jf, k }, index) => {
    if (jt > MAX_SKIP || jf > MAX_SKIP) {
      throw new Error(`instruction ${index} jumps over ${Math.max(jt, jf)} others`);
    }
    const at = index * INSTRUCTION_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  });
  return bytes;
}

/**
 * The instructions of a program.
 * @throws FilterError if the length is no multiple of 8
 */
export function decodeInstructions(program: Uint8Array): readonly Instruction[] {
  if (program.length % INSTRUCTION_BYTES !== 0) {
    throw new FilterError(`${program.length} bytes are no whole number of instructions`);
  }
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.length / INSTRUCTION_BYTES }, (_, index) => {
    const at = index * INSTRUCTION_BYTES;
    return {
      code: view.getUint16(at, true),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, true),
    };
  });
}

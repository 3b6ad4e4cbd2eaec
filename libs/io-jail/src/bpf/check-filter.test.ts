import { runFilter } from '../index';
import { MORE_BPF } from './check-filter';
import { BPF, encodeInstructions, type Instruction } from './instruction';

const op = (code: number, k = 0, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
const END = op(BPF.RET_K, 1);

const run = (instructions: readonly Instruction[]): number =>
  runFilter(encodeInstructions(instructions), { nr: 7, arch: 9, args: [0x1_0000_0002n] });

describe('programs that the kernel refuses', () => {
  it.each<[string, readonly Instruction[]]>([
    ['0 instructions: a filter has 1 to 4096', []],
    ['4097 instructions: a filter has 1 to 4096', Array<Instruction>(4097).fill(END)],
    ['the last instruction does not return', [op(BPF.TAX)]],
    ['instruction 0: no word of seccomp_data is at 64', [op(BPF.LD_ABS, 64), END]],
    ['instruction 0: no word of seccomp_data is at 2', [op(BPF.LD_ABS, 2), END]],
    ['instruction 0: it jumps out of the program', [op(BPF.JA, 1), END]],
    ['instruction 0: it jumps out of the program', [op(BPF.JA, 0xffff_ffff), END]],
    ['instruction 0: it jumps out of the program', [op(BPF.JEQ_K, 0, 1, 0), END]],
    ['instruction 0: it jumps out of the program', [op(BPF.JEQ_K, 0, 0, 1), END]],
    ['instruction 0: code 0x28 is not allowed', [op(0x28), END]],
    ['instruction 0: code 0x94 is not allowed', [op(0x94, 3), END]],
    ['instruction 0: it divides by zero', [op(MORE_BPF.DIV_K), END]],
    ['instruction 0: it shifts by 32 bits', [op(MORE_BPF.LSH_K, 32), END]],
    ['instruction 0: there is no memory slot 16', [op(MORE_BPF.ST, 16), END]],
    ['instruction 0: slot 1 may be read before it was stored', [op(MORE_BPF.LD_MEM, 1), END]],
    [
      'instruction 2: slot 0 may be read before it was stored',
      [op(BPF.JEQ_K, 0, 1, 0), op(MORE_BPF.ST), op(MORE_BPF.LD_MEM), END],
    ],
  ])('%s', (message, instructions) => {
    expect(() => run(instructions)).toThrow(message);
  });

  it('are those that are no whole number of instructions', () => {
    expect(() => runFilter(new Uint8Array(12), { nr: 0, arch: 0, args: [] })).toThrow('12 bytes');
  });
});

describe('programs that the kernel takes', () => {
  const value = (k: number): Instruction => op(MORE_BPF.LD_IMM, k);
  const other = (k: number): Instruction => op(MORE_BPF.LDX_IMM, k);
  const RET_A = op(MORE_BPF.RET_A);

  it.each<[string, number, readonly Instruction[]]>([
    ['the number', 7, [op(BPF.LD_ABS, 0), RET_A]],
    ['the architecture', 9, [op(BPF.LD_ABS, 4), RET_A]],
    ['the upper half of an argument', 1, [op(BPF.LD_ABS, 20), RET_A]],
    ['the size of what they are told', 64, [op(MORE_BPF.LD_LEN), RET_A]],
    ['its size by way of X', 64, [op(MORE_BPF.LDX_LEN), op(MORE_BPF.TXA), RET_A]],
    ['sums that wrap', 1, [value(0xffff_ffff), op(BPF.ADD_K, 2), RET_A]],
    ['differences that wrap', 0xffff_ffff, [value(1), other(2), op(MORE_BPF.SUB_X), RET_A]],
    ['products that wrap', 1, [value(0xffff_ffff), op(MORE_BPF.MUL_K, 0xffff_ffff), RET_A]],
    ['quotients', 3, [value(11), op(MORE_BPF.DIV_K, 3), RET_A]],
    ['0 for a division by zero', 0, [value(11), other(0), op(MORE_BPF.DIV_X), RET_A]],
    [
      'bits',
      0xf5,
      [
        value(0xf0),
        op(MORE_BPF.XOR_K, 0xff),
        op(MORE_BPF.OR_K, 0xf0),
        op(MORE_BPF.AND_K, 0xf5),
        RET_A,
      ],
    ],
    ['shifts', 0x8000_0000, [value(1), op(MORE_BPF.LSH_K, 31), RET_A]],
    ['shifts by X, modulo 32', 2, [value(4), other(33), op(MORE_BPF.RSH_X), RET_A]],
    ['negation', 0xffff_ffff, [value(1), op(MORE_BPF.NEG), RET_A]],
    [
      'what was stored',
      5,
      [value(5), op(MORE_BPF.ST, 15), value(0), op(MORE_BPF.LD_MEM, 15), RET_A],
    ],
    [
      'what was stored from X',
      5,
      [other(5), op(MORE_BPF.STX, 2), other(0), op(MORE_BPF.LDX_MEM, 2), op(MORE_BPF.TXA), RET_A],
    ],
    ['what A was', 6, [value(6), op(BPF.TAX), value(0), op(MORE_BPF.TXA), RET_A]],
    ['comparison with X', 1, [value(6), other(6), op(MORE_BPF.JEQ_X, 0, 1, 0), RET_A, END]],
    ['comparison without sign', 1, [value(0xffff_ffff), op(BPF.JGT_K, 1, 1, 0), RET_A, END]],
    ['long jumps', 1, [op(BPF.JA, 1), op(BPF.RET_K, 2), END]],
  ])('return %s', (_, expected, instructions) => {
    expect(run(instructions)).toBe(expected);
  });
});

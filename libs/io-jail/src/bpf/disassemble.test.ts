import { compileFilter, disassemble, parsePolicy } from '../index';
import { MORE_BPF } from './check-filter';
import { BPF, encodeInstructions, FilterError } from './instruction';

const policy = parsePolicy(
  'read: 1\nclose: 1\nioctl: arg1 == TCGETS || arg1 == FIONBIO\nopenat: return EPERM\n',
  { arch: 'aarch64' },
);

const instruction = (code: number, k = 0) => ({ code, jt: 0, jf: 0, k });

describe('the listing of a filter', () => {
  it('has labels where jumps lead, and the names of calls', () => {
    expect(disassemble(compileFilter(policy)).map((line) => line.replace(/ +/g, ' '))).toEqual([
      ' ld arch',
      ' jeq 0xc00000b7 ? next : L16 # aarch64',
      'L2: ld nr',
      ' jge 57 ? L8 : next',
      'L4: jge 30 ? L6 : next',
      'L5: jeq 29 ? L11 : L16 # ioctl',
      'L6: jeq 56 ? next : L16 # openat',
      'L7: ret errno 1',
      'L8: jge 63 ? L10 : next',
      'L9: jeq 57 ? L17 : L16 # close',
      'L10: jeq 63 ? L17 : L16 # read',
      'L11: ld arg1.high',
      ' jeq 0x0 ? next : L16',
      'L13: ld arg1.low',
      ' jeq 0x5401 ? L17 : next',
      'L15: jeq 0x5421 ? L17 : next',
      'L16: ret kill-process',
      'L17: ret allow',
    ]);
  });

  it.each([
    [instruction(BPF.LD_ABS, 8), 'ld ip.low'],
    [instruction(BPF.LD_ABS, 60), 'ld arg5.high'],
    [instruction(BPF.ADD_K, 1), 'add 0x1'],
    [instruction(BPF.ADD_X), 'add x'],
    [instruction(BPF.TAX), 'tax'],
    [instruction(MORE_BPF.ST, 3), 'st m[3]'],
    [instruction(MORE_BPF.STX, 3), 'stx m[3]'],
    [instruction(MORE_BPF.LDX_MEM, 3), 'ldx m[3]'],
    [instruction(MORE_BPF.LD_LEN), 'ld len'],
    [instruction(MORE_BPF.RET_A), 'ret a'],
    [instruction(BPF.RET_K, 0x0003_0002), 'ret trap 2'],
    [instruction(BPF.RET_K, 0x7ff0_0000), 'ret trace'],
    [instruction(0xffff), 'code 0xffff'],
  ])('shows %p as %p', (one, text) => {
    expect(disassemble(encodeInstructions([one])).map((line) => line.trim())).toEqual([text]);
  });

  it('shows what no compiler made: numbers without names, jumps to nowhere', () => {
    const jump = { code: BPF.JEQ_K, jt: 1, jf: 9, k: 3 };

    expect(disassemble(encodeInstructions([jump, instruction(BPF.JA, 7)]))).toEqual([
      '       jeq 0x3 ? L2 : L10',
      '       ja L9',
    ]);
  });

  it('is not made of parts of instructions', () => {
    expect(() => disassemble(new Uint8Array(9))).toThrow(FilterError);
  });
});

import { type SyscallArch, syscallName } from '@crosvm/syscall-defines';

import { isJump, isReturn, MORE_BPF, successors } from './check-filter';
import { BPF, decodeInstructions, type Instruction } from './instruction';
import { AUDIT_ARCH, decodeAction, SECCOMP_DATA } from './seccomp';

/** Names of instructions; those with a jump or a return are made of more. */
const MNEMONICS: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...BPF, ...MORE_BPF }).map(([name, code]) => [code, name]),
);

const ARCHES: ReadonlyMap<number, string> = new Map(
  Object.entries(AUDIT_ARCH).map(([name, value]) => [value, name]),
);

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The name of a word of seccomp_data, such as `arg1.high`. */
function wordName(offset: number): string {
  if (offset === SECCOMP_DATA.NR) {
    return 'nr';
  }
  if (offset === SECCOMP_DATA.ARCH) {
    return 'arch';
  }
  const half = offset % 8 === 0 ? 'low' : 'high';
  const index = Math.floor((offset - SECCOMP_DATA.ARGS) / 8);
  return index < 0 ? `ip.${half}` : `arg${index}.${half}`;
}

/** A filter's return value, such as `errno 1`. */
function actionText(value: number): string {
  const action = decodeAction(value);
  switch (action.kind) {
    case 'errno':
      return `errno ${action.errno}`;
    case 'trap':
    case 'trace':
      return action.data === 0 ? action.kind : `${action.kind} ${action.data}`;
    default:
      return action.kind;
  }
}

/** What A holds at each instruction: an offset into seccomp_data, if it is the same on every way there. */
function loadedWords(instructions: readonly Instruction[]): readonly (number | undefined)[] {
  const words: (number | undefined)[] = [];
  const reached = new Set<number>();
  instructions.forEach((instruction, at) => {
    const { code, k } = instruction;
    const keeps = isJump(instruction) || code === BPF.TAX;
    const after = code === BPF.LD_ABS ? k : keeps ? words[at] : undefined;
    for (const next of successors(instruction, at)) {
      words[next] = reached.has(next) && words[next] !== after ? undefined : after;
      reached.add(next);
    }
  });
  return words;
}

class Listing {
  private readonly words: readonly (number | undefined)[];
  private readonly targets = new Set<number>();

  constructor(
    private readonly instructions: readonly Instruction[],
    private readonly arch: SyscallArch | undefined,
  ) {
    this.words = loadedWords(instructions);
    instructions.forEach((instruction, at) => {
      if (isJump(instruction)) {
        successors(instruction, at).forEach((target) => this.targets.add(target));
      }
    });
  }

  lines(): readonly string[] {
    return this.instructions.map((instruction, at) => {
      const label = this.targets.has(at) ? `L${at}:` : '';
      const comment = this.comment(instruction, at);
      const text = `${label.padEnd(6)} ${this.text(instruction, at)}`;
      return comment === undefined ? text : `${text.padEnd(44)} # ${comment}`;
    });
  }

  private text(instruction: Instruction, at: number): string {
    const { code, k } = instruction;
    const name = MNEMONICS.get(code) ?? `code ${hex(code)}`;
    const [operation = '', source = ''] = name.toLowerCase().split('_');
    if (isReturn(instruction)) {
      return `ret ${source === 'a' ? 'a' : actionText(k)}`;
    }
    if (code === BPF.JA) {
      return `ja L${at + 1 + k}`;
    }
    if (isJump(instruction)) {
      const [yes = 0, no = 0] = successors(instruction, at);
      const target = (to: number): string => (to === at + 1 ? 'next' : `L${to}`);
      return `${operation} ${source === 'x' ? 'x' : this.number(k, at)} ? ${target(yes)} : ${target(no)}`;
    }
    if (code === BPF.LD_ABS) {
      return `ld ${wordName(k)}`;
    }
    return source === 'k' || source === 'imm' ? `${operation} ${hex(k)}` : this.other(name, k);
  }

  private other(name: string, k: number): string {
    const [operation = '', source] = name.toLowerCase().split('_');
    if (source === 'mem' || operation.startsWith('st')) {
      return `${operation} m[${k}]`;
    }
    return source === undefined ? operation : `${operation} ${source}`;
  }

  /** Numbers of calls are decimal everywhere, bits and addresses are not. */
  private number(k: number, at: number): string {
    return this.words[at] === SECCOMP_DATA.NR && k < 10_000 ? k.toString() : hex(k);
  }

  private comment({ code, k }: Instruction, at: number): string | undefined {
    if (code !== BPF.JEQ_K) {
      return undefined;
    }
    const { arch } = this;
    const isNumber = this.words[at] === SECCOMP_DATA.NR && arch !== undefined;
    return isNumber ? syscallName(arch, k) : this.archName(k, at);
  }

  private archName(k: number, at: number): string | undefined {
    return this.words[at] === SECCOMP_DATA.ARCH ? ARCHES.get(k) : undefined;
  }
}

/** The architecture that a filter asks for, if it does so as `compileFilter`'s do. */
function archOf([load, test]: readonly Instruction[]): SyscallArch | undefined {
  const asks = load?.code === BPF.LD_ABS && load.k === SECCOMP_DATA.ARCH;
  const found = asks && test?.code === BPF.JEQ_K ? ARCHES.get(test.k) : undefined;
  return found as SyscallArch | undefined;
}

/**
 * A filter as text, an instruction a line: labels where jumps lead, names of calls as comments.
 * It also shows what the kernel would refuse.
 * @throws FilterError if the length is no whole number of instructions
 */
export function disassemble(program: Uint8Array): readonly string[] {
  const instructions = decodeInstructions(program);
  return new Listing(instructions, archOf(instructions)).lines();
}

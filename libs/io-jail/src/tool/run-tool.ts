import { writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { currentArch, type SyscallArch } from '@crosvm/syscall-defines';

import { compileFilter, type Violation } from '../bpf/compile-filter';
import { disassemble } from '../bpf/disassemble';
import { FilterError, INSTRUCTION_BYTES } from '../bpf/instruction';
import { loadPolicy } from '../policy/load-policy';
import type { Policy } from '../policy/policy';
import { PolicyError } from '../policy/policy-error';
import { cArray } from './c-array';
import { flatPolicy } from './flat-policy';
import { HELP } from './help';

/** Where the tool writes to. */
export interface ToolOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const OK = 0;
const MISTAKES = 1;
const MISUSE = 2;

/** A command line that makes no sense. */
class UsageError extends Error {}

const OPTIONS = {
  arch: { type: 'string' },
  violation: { type: 'string' },
  output: { type: 'string', short: 'o' },
  c: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function parseCommandLine(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

type Options = ReturnType<typeof parseCommandLine>['values'];

function isArch(name: string): name is SyscallArch {
  return name === 'x86_64' || name === 'aarch64';
}

function archOf(path: string, { arch }: Options): SyscallArch {
  if (arch !== undefined) {
    if (!isArch(arch)) {
      throw new UsageError(`--arch is x86_64 or aarch64, not '${arch}'`);
    }
    return arch;
  }
  const directory = basename(dirname(resolve(path)));
  return isArch(directory) ? directory : currentArch();
}

function violationOf({ violation = 'kill' }: Options): Violation {
  switch (violation) {
    case 'kill':
    case 'trap':
    case 'log':
    case 'notify':
      return violation;
    default:
      if (!/^\d+$/.test(violation)) {
        throw new UsageError(
          `--violation is kill, trap, log, notify or a number, not '${violation}'`,
        );
      }
      return Number(violation);
  }
}

class Tool {
  constructor(
    private readonly options: Options,
    private readonly output: ToolOutput,
  ) {}

  check(paths: readonly string[]): number {
    const results = paths.map((path) => this.reported(() => this.checkOne(path)));
    return results.every((result) => result === OK) ? OK : MISTAKES;
  }

  compile([path = '']: readonly string[]): number {
    return this.reported(() => {
      const program = this.program(this.load(path));
      if (this.options.output !== undefined) {
        writeFileSync(this.options.output, program);
      } else {
        this.write(this.options.c === true ? cArray(program) : disassemble(program));
      }
    });
  }

  flatten([path = '']: readonly string[]): number {
    return this.reported(() => this.write(flatPolicy(this.load(path))));
  }

  private checkOne(path: string): void {
    const policy = this.load(path);
    const instructions = this.program(policy).length / INSTRUCTION_BYTES;
    const calls = `${policy.rules.length} calls of ${policy.arch}`;
    this.write([`${path}: ${calls}, ${instructions} instructions`]);
  }

  private load(path: string): Policy {
    return loadPolicy(path, { arch: archOf(path, this.options) });
  }

  private program(policy: Policy): Uint8Array {
    return compileFilter(policy, { violation: violationOf(this.options) });
  }

  private write(lines: readonly string[]): void {
    this.output.out(`${lines.join('\n')}\n`);
  }

  /** Mistakes in policies are told, and others are not hidden by them. */
  private reported(act: () => void): number {
    try {
      act();
      return OK;
    } catch (error) {
      if (error instanceof PolicyError || error instanceof FilterError) {
        this.output.err(`${error.message}\n`);
        return MISTAKES;
      }
      throw error;
    }
  }
}

function runCommand(args: readonly string[], output: ToolOutput): number {
  const { values, positionals } = parseCommandLine(args);
  if (values.help === true) {
    output.out(HELP);
    return OK;
  }
  const [command, ...paths] = positionals;
  const tool = new Tool(values, output);
  switch (command) {
    case 'check':
      return tool.check(atLeastOne(paths));
    case 'compile':
      return tool.compile(exactlyOne(paths));
    case 'print':
      return tool.flatten(exactlyOne(paths));
    default:
      throw new UsageError(command === undefined ? 'no command' : `unknown command '${command}'`);
  }
}

function atLeastOne(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) {
    throw new UsageError('no policy is named');
  }
  return paths;
}

function exactlyOne(paths: readonly string[]): readonly string[] {
  if (atLeastOne(paths).length > 1) {
    throw new UsageError('only one policy at a time');
  }
  return paths;
}

/**
 * Does what the command line of `crosvm-policy` says.
 * @param args without the program's own name
 * @returns the exit status
 */
export function runTool(args: readonly string[], output: ToolOutput): number {
  try {
    return runCommand(args, output);
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(`crosvm-policy: ${error.message} (see crosvm-policy --help)\n`);
      return MISUSE;
    }
    const why = error instanceof Error ? error.message : String(error);
    output.err(`crosvm-policy: ${why}\n`);
    return MISTAKES;
  }
}

import { BROKEN_GUEST } from './broken-guest';
import { CROSVM } from './command';
import type { Connection, Exit } from './connection';
import { HOST_KIND } from './host';
import { connectByPipes, type PipeConnection } from './pipes';
import {
  childrenOf,
  kill,
  killAll,
  MARK_VARIABLE,
  newMark,
  type Process,
  remaining,
} from './processes';
import { Scratch } from './scratch';
import { connectByTerminal, type TerminalConnection } from './terminal';
import { ANSWER_MS, END_MS, scaled, until, withLimit } from './time';
import type { Transcript } from './transcript';

/** How crosvm is started. */
export interface SpawnOptions {
  /** On a pseudo-terminal; else on pipes. */
  readonly pty?: boolean;
  /** On pipes: with `/dev/null` for a standard input. */
  readonly noInput?: boolean;
  /** On pipes: with a real pipe, of 64 KiB, for the standard output. */
  readonly smallPipe?: boolean;
  /** Another program than crosvm, which starts it: crosvm's command line is appended. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The guest is to end in a triple fault. */
  readonly crashes?: boolean;
}

/** How long processes that are to end with another one may take to do so. */
const GRACE_MS = scaled(500);

/** What is left of every time limit once a VM has failed to answer in time: it seldom gets better. */
const LITTLE_PATIENCE = 0.1;

type AnyConnection = Connection & Partial<PipeConnection & TerminalConnection>;

/** A running `crosvm`, or one that has ended: what it wrote, what is typed at it, how it ended. */
export class Crosvm implements AsyncDisposable {
  readonly #mark = newMark();
  readonly #start: () => AnyConnection;
  #scratch = new Scratch();
  #connection: AnyConnection;
  #mayStartAgain: boolean;
  #wasKilled = false;
  #patience = 1;

  /** Starts `crosvm ARGS`. */
  static spawn(args: readonly string[], options: SpawnOptions = {}): Crosvm {
    return new Crosvm(args, options);
  }

  private constructor(args: readonly string[], options: SpawnOptions) {
    this.#start = () => {
      const launch = {
        command: [...(options.wrapper ?? []), CROSVM, ...args],
        cwd: options.cwd ?? this.#scratch.path,
        env: { ...definedEnvironment(), ...options.env, [MARK_VARIABLE]: this.#mark },
      };
      return options.pty === true
        ? connectByTerminal(launch, this.#scratch.file('pid'))
        : connectByPipes(launch, {
            noInput: options.noInput === true,
            ...(options.smallPipe === true && { fifoIn: this.#scratch.path }),
          });
    };
    this.#connection = this.#start();
    this.#mayStartAgain = HOST_KIND === 'emulated' && options.crashes !== true;
  }

  /** What it wrote: on a terminal, all that was seen there. */
  get stdout(): Transcript {
    return this.#connection.stdout;
  }

  get stderr(): Transcript {
    return this.#connection.stderr;
  }

  /**
   * Waits for what is to be written next to the standard output, or the terminal.
   * @throws Error with what came instead
   */
  async expect(pattern: RegExp | string, limitMs = ANSWER_MS): Promise<RegExpExecArray> {
    try {
      return await this.stdout.expect(pattern, limitMs * this.#patience);
    } catch (cause) {
      if (await this.#startAgain()) {
        return await this.expect(pattern, limitMs);
      }
      this.#patience = LITTLE_PATIENCE;
      throw cause instanceof Error && this.stderr !== this.stdout && this.stderr.text !== ''
        ? new Error(`${cause.message}\n${this.stderr.tail}`)
        : cause;
    }
  }

  /** Types text, or sends it down the pipe; `\r` is the Enter key. */
  type(text: string): void {
    this.#mayStartAgain = false;
    this.#connection.type(text);
  }

  /** Process id of the VMM. */
  async pid(): Promise<number> {
    return await this.#connection.pid();
  }

  /** Sends a signal to the VMM alone. */
  async signal(name: NodeJS.Signals): Promise<void> {
    this.#mayStartAgain = false;
    kill(await this.pid(), name);
  }

  /** The processes of its device hosts by the names of their devices: those that are there, without its warden. */
  async deviceHosts(): Promise<ReadonlyMap<string, number>> {
    const named = childrenOf(await this.pid()).map(
      ({ pid, commandLine }) => [/^crosvm (.+)$/.exec(commandLine)?.[1] ?? '', pid] as const,
    );
    return new Map(named.filter(([name]) => name !== '' && name !== 'warden'));
  }

  /** The process of its warden, if it is there. */
  async warden(): Promise<number | undefined> {
    const children = childrenOf(await this.pid());
    return children.find(({ commandLine }) => commandLine === 'crosvm warden')?.pid;
  }

  /** The process of a device's host, such as that of `disk vda`, when it is there. */
  async deviceHost(device: string): Promise<number> {
    const parent = await this.pid();
    return await until(`the device host of ${device}`, ANSWER_MS * this.#patience, () => {
      const found = childrenOf(parent).find(
        ({ commandLine }) => commandLine === `crosvm ${device}`,
      );
      return found?.pid;
    });
  }

  /**
   * Sends a signal to the host of a device, such as `disk vda`.
   * @throws Error if there is none
   */
  async signalHost(device: string, name: NodeJS.Signals): Promise<void> {
    const host = await this.deviceHost(device);
    this.#mayStartAgain = false;
    kill(host, name);
  }

  /** Leaves the output unread, so that its pipe fills up; on pipes only. */
  holdOutput(): void {
    this.#connection.holdOutput?.();
  }

  releaseOutput(): void {
    this.#connection.releaseOutput?.();
  }

  /**
   * Waits for the end: of crosvm itself and, given a moment, of every process it started.
   * @throws Error if either does not come
   */
  async ended(limitMs = END_MS): Promise<Exit> {
    const exit = await withLimit(this.#connection.exit, limitMs * this.#patience);
    if (exit === undefined) {
      throw new Error(`crosvm did not end in ${limitMs} ms\n${this.#tails()}`);
    }
    if (await this.#startAgain()) {
      return await this.ended(limitMs);
    }
    const left = await remaining(this.#mark, GRACE_MS);
    if (left.length > 0) {
      throw new Error(`crosvm has ended, but left ${describe(left)}\n${this.#tails()}`);
    }
    return exit;
  }

  /** The terminal's settings before it and after it; on a terminal only. */
  async terminalSettings(): Promise<{ readonly before: string; readonly after: string }> {
    const { settings } = this.#connection;
    if (settings === undefined) {
      throw new Error('this crosvm has no terminal');
    }
    return await settings;
  }

  /** Ends everything that is left of it, and forgets its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#wasKilled) {
      this.#wasKilled = true;
      await killAll(this.#mark, GRACE_MS);
      this.#connection.close();
      this.#scratch[Symbol.dispose]();
    }
  }

  /** As `await using` does, for a VM that several tests share. */
  async dispose(): Promise<void> {
    await this[Symbol.asyncDispose]();
  }

  /** Starts a VM anew that the host broke before anything was done to it; says whether it did. */
  async #startAgain(): Promise<boolean> {
    if (!this.#mayStartAgain || !this.stderr.text.includes(BROKEN_GUEST)) {
      return false;
    }
    this.#mayStartAgain = false;
    process.stderr.write(`note: the emulated host broke a guest, which is started anew\n`);
    await killAll(this.#mark, GRACE_MS);
    this.#connection.close();
    this.#scratch[Symbol.dispose]();
    this.#scratch = new Scratch();
    this.#connection = this.#start();
    return true;
  }

  #tails(): string {
    const transcripts = new Set([this.stdout, this.stderr]);
    return [...transcripts].map(({ tail }) => tail).join('\n');
  }
}

function describe(processes: readonly Process[]): string {
  return processes.map(({ pid, commandLine }) => `process ${pid} (${commandLine})`).join(', ');
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

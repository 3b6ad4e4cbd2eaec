import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { type IPty, spawn } from '@lydell/node-pty';

const POLL_MS = 10;
const PATIENCE_MS = 10_000;

/** Waits until `condition` gives something. */
async function eventually<Value>(condition: () => Value | undefined): Promise<Value> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const value = condition();
    if (value !== undefined) {
      return value;
    }
    await sleep(POLL_MS);
  }
  throw new Error('it did not happen');
}

/** A shell command that runs on a pseudo-terminal. */
export class TestTerminal implements Disposable {
  /** Everything that was shown. */
  output = '';
  readonly #pty: IPty;
  readonly #path: string;

  /** @param command what `bash` runs as the terminal's session leader; it then waits */
  constructor(command: string) {
    this.#pty = spawn('bash', ['-c', `tty; ${command}; sleep 60`], {
      // The runner's own settings are none of the script's.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#pty.onData((data) => (this.output += data));
    // The library keeps the name in a property that its types do not show.
    this.#path = (this.#pty as unknown as { _pty: string })._pty;
  }

  /** What `stty -g` says of the terminal now. */
  settings(): string {
    return spawnSync('stty', ['-g', '-F', this.#path], { encoding: 'utf8' }).stdout.trim();
  }

  /** Waits until the terminal's settings are, or are not, these. */
  async settled(expected: string, same: boolean): Promise<void> {
    await eventually(() => (this.settings() === expected) === same || undefined);
  }

  /** Waits until `pattern` was shown; gives its first group. */
  async shown(pattern: RegExp): Promise<string> {
    return await eventually(() => pattern.exec(this.output)?.[1]);
  }

  /** Types. */
  type(text: string): void {
    this.#pty.write(text);
  }

  /** Processes that have the terminal open, by id. */
  users(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => openFilesOf(pid).includes(this.#path));
  }

  [Symbol.dispose](): void {
    this.#pty.kill('SIGKILL');
  }
}

/** What a process has open: the targets of its descriptors. */
export function openFilesOf(pid: number): string[] {
  try {
    const directory = `/proc/${pid}/fd`;
    return readdirSync(directory).map((fd) => readlinkSync(`${directory}/${fd}`));
  } catch {
    // It ended meanwhile.
    return [];
  }
}

/** Whether a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a process has ended. */
export async function gone(pid: number): Promise<void> {
  await eventually(() => !isAlive(pid) || undefined);
}

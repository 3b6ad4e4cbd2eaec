import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex, Readable, Writable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';

import { type OwnerMessage, OWNER_VARIABLE } from '../owner/owner-messages';

/** The descriptor of the socket to this program, in the process of the VM. */
const OWNER_FD = 3;

/** What of its messages is kept, in characters. */
const MAX_MESSAGES = 16 * 1024;

/** The process of a VM. */
export interface VmProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Ends with the VM; the VM ends with it. */
  readonly owner: Duplex;
}

/** What is called when something becomes of a VM. */
export interface VmProcessEvents {
  readonly onMessage: (message: OwnerMessage) => void;
  /** A line of what it says to people. */
  readonly onLog: (line: string) => void;
}

/** The program that runs VMs: beside this one when it is built. */
function mainProgram(): string {
  const built = join(__dirname, 'main.js');
  return existsSync(built) ? built : join(__dirname, '../../dist/main.js');
}

/**
 * Starts a process that runs a VM. It ends when this program does: the socket between them is closed
 * then, and the kernel kills it. The latter only where the main thread starts it, for the kernel takes
 * the end of the thread that started a process for that of its parent.
 */
export function startVmProcess(args: readonly string[], events: VmProcessEvents): VmProcess {
  const description = isMainThread ? `${OWNER_FD},${process.pid}` : String(OWNER_FD);
  const child = spawn(process.execPath, [mainProgram(), 'run', ...args], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, [OWNER_VARIABLE]: description },
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  const owner = child.stdio[OWNER_FD] as unknown as Duplex;
  owner.on('error', () => undefined);
  createInterface({ input: owner }).on('line', (line) => {
    events.onMessage(JSON.parse(line) as OwnerMessage);
  });
  createInterface({ input: child.stderr }).on('line', events.onLog);
  return { child, owner };
}

/** The last error that a VM told of, as it is told to people: one line, and perhaps one with a hint. */
export class LastError {
  #text = '';

  /** A line that it wrote. */
  add(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-MAX_MESSAGES);
  }

  get message(): string | undefined {
    return [...this.#text.matchAll(/^crosvm: (.*)$/gm)].at(-1)?.[1];
  }

  get hint(): string | undefined {
    return [...this.#text.matchAll(/^ {2}hint: (.*)$/gm)].at(-1)?.[1];
  }

  /** All that is kept, where no error was told. */
  get text(): string {
    return this.#text.trim();
  }
}

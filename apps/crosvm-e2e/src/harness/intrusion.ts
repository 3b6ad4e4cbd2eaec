import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

import { whileStopped } from './ptrace';
import type { Lack } from './requirements';
import { ANSWER_MS, until } from './time';

/** What a process is made to do: x86-64 code that needs no memory. */
const CODE = {
  /** Writes to address 0. */
  fault: [0xc6, 0x04, 0x25, 0, 0, 0, 0, 0],
  /** `exit_group(0)` */
  exit: [0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05],
  /** `socket(AF_UNIX, 0, 0)` */
  socket: [0xb8, 41, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x31, 0xf6, 0x31, 0xd2, 0x0f, 0x05],
  /** Loops for ever. */
  spin: [0xeb, 0xfe],
} as const;

/** How much is said of a system call that a process waits in. */
const CALL_WORDS = 9;

/** What a process can be made to do. */
export type Intrusion = keyof typeof CODE;

/** May this user not write to the memory of any process? */
export function hostLacksIntruders(): Lack {
  return process.getuid?.() === 0 && process.arch === 'x64'
    ? undefined
    : 'only root may do that to a process';
}

/**
 * Has a process do something when it comes back from the system call that it waits in, as one does that
 * somebody has taken over.
 */
export async function intrude(pid: number, what: Intrusion): Promise<void> {
  await until(`process ${pid} to wait`, ANSWER_MS, () => (waits(pid) ? true : undefined));
  write(pid, what);
}

/** Has a process with one thread do something now, wherever it is. */
export function intrudeAtOnce(pid: number, what: Intrusion): void {
  whileStopped(pid, () => write(pid, what));
}

/** Whether a process waits in a system call. */
export function waits(pid: number): boolean {
  return systemCallOf(pid).length === CALL_WORDS;
}

function write(pid: number, what: Intrusion): void {
  const memory = openSync(`/proc/${pid}/mem`, 'r+');
  try {
    writeSync(memory, Uint8Array.from(CODE[what]), 0, CODE[what].length, goesOnAt(pid));
  } finally {
    closeSync(memory);
  }
}

/** Where a process goes on that stands still. */
function goesOnAt(pid: number): number {
  return Number(systemCallOf(pid).at(-1));
}

/** Number, arguments, stack pointer and instruction pointer; without the arguments if it is in none. */
function systemCallOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/syscall`, 'latin1').trim().split(' ');
}

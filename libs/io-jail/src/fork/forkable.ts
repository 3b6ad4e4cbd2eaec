import { readFileSync } from 'node:fs';

import { check, Errno, SysError } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import { MADV_DOFORK, MADV_DONTFORK } from '../abi';
import { BPF, encodeInstructions } from '../bpf/instruction';
import { lowWord, SECCOMP_DATA, SECCOMP_RET } from '../bpf/seccomp';
import { setNoNewPrivileges } from '../jail/privileges';
import { installFilter } from '../seccomp/install-filter';
import { libc } from '../sys/libc';
import { requireNodeFlags } from './node-flags';

/*
 * How a Node process can be forked.
 *
 * fork(2) copies the thread that calls it and no other. That is what a jail wants: only a process with
 * one thread may enter a user namespace or give up its capabilities by plain system calls. But V8 must
 * not need the threads that are missing, so Node is started with `FORKABLE_NODE_FLAGS`; Node's other
 * threads (for timers of V8 and for the inspector) do nothing unless they are asked to.
 *
 * And V8 tells the kernel not to copy its heap when the process forks (MADV_DONTFORK), because normally
 * a program is executed then. A filter answers that call as if it had been done, and for what is mapped
 * by then it is taken back.
 */

/** What `node` must be started with to be forkable. */
export const FORKABLE_NODE_FLAGS = ['--single-threaded', '--v8-pool-size=0'] as const;

/** How often memory is looked through that children are to have; once and a look is the rule. */
const MAX_ROUNDS = 10;

/** Which argument of madvise(2) is the advice. */
const ADVICE = 2;

/** Above all memory of a process, on all machines that Node runs on. */
const END_OF_MEMORY = 2 ** 48;

/** The kernel's own memory in a process, and that of devices, to which the advice cannot be given. */
const SPECIAL = /^VmFlags:.* (?:io|pf|mm|de)\b/;

/** Memory that children do not get, but for that of devices, which they never do. */
const NOT_INHERITED = /^VmFlags:(?!.* io\b).* dc\b/;

type Range = readonly [start: number, end: number];

let isForkable = false;

/** What lies between all memory to which the advice cannot be given. */
let ordinary: readonly Range[] = [];

/** Whether `makeForkable` was called in this process, or in the one that it is a fork of. */
export function forkable(): boolean {
  return isForkable;
}

/**
 * Prepares this process for being forked. It gets no new privileges from then on, nor do its children.
 * @throws Error if Node was not started for it
 * @throws SysError if the kernel has no seccomp
 */
export function makeForkable(): void {
  requireNodeFlags('a process that forks', FORKABLE_NODE_FLAGS);
  setNoNewPrivileges();
  installFilter(ignoreDontFork());
  inheritHeap();
  isForkable = true;
}

/** `madvise(_, _, MADV_DONTFORK)` does nothing and succeeds; everything else is as before. */
function ignoreDontFork(): Uint8Array {
  const { madvise = -1 } = currentSyscalls();
  return encodeInstructions([
    { code: BPF.LD_ABS, jt: 0, jf: 0, k: SECCOMP_DATA.NR },
    { code: BPF.JEQ_K, jt: 0, jf: 3, k: madvise },
    { code: BPF.LD_ABS, jt: 0, jf: 0, k: lowWord(ADVICE) },
    { code: BPF.JEQ_K, jt: 0, jf: 1, k: MADV_DONTFORK },
    { code: BPF.RET_K, jt: 0, jf: 0, k: SECCOMP_RET.ERRNO },
    { code: BPF.RET_K, jt: 0, jf: 0, k: SECCOMP_RET.ALLOW },
  ]);
}

/** The ranges of this process's memory whose flags are of a kind. */
function memoryWith(flags: RegExp): Range[] {
  const found: Range[] = [];
  let range: Range = [0, 0];
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
    if (start !== undefined && end !== undefined) {
      range = [Number.parseInt(start, 16), Number.parseInt(end, 16)];
    } else if (flags.test(line)) {
      found.push(range);
    }
  }
  return found;
}

function between(ranges: readonly Range[]): Range[] {
  const starts = [0, ...ranges.map(([, end]) => end)];
  const ends = [...ranges.map(([start]) => start), END_OF_MEMORY];
  return starts.map((start, index) => [start, ends[index] ?? start] as const);
}

/** Gives the advice for all memory within a range, in which there are holes. */
function inheritRange([start, end]: Range): void {
  try {
    // SAFETY: says only what becomes of the memory in children.
    check('madvise(MADV_DOFORK)', libc.madvise(start, end - start, MADV_DOFORK));
  } catch (error) {
    if (!(error instanceof SysError && error.errno === Errno.ENOMEM)) {
      throw error;
    }
  }
}

/**
 * Lets children have all of this process's memory, and looks whether that is so: the list may change while
 * it is read.
 * @throws Error if some cannot be had
 */
function inheritHeap(): void {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    ordinary = between(memoryWith(SPECIAL));
    inheritAgain();
    if (memoryWith(NOT_INHERITED).length === 0) {
      return;
    }
  }
  throw new Error('a part of the memory of this process cannot be inherited');
}

/**
 * Lets children have what memory there is by now. Nothing should have been taken from them since
 * `makeForkable`, so that this is cheap, and is not looked into.
 * @throws SysError
 */
export function inheritAgain(): void {
  ordinary.forEach(inheritRange);
}

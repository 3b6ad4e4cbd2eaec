import { readFileSync } from 'node:fs';

import { currentSyscalls } from '@crosvm/syscall-defines';

import { MADV_DOFORK, MADV_DONTFORK } from '../abi';
import { setNoNewPrivileges } from '../jail/privileges';
import { installFilter } from '../seccomp/install-filter';
import { libc } from '../sys/libc';

/*
 * How a Node process can be forked.
 *
 * fork(2) copies the thread that calls it and no other. That is what a jail wants: only a process with
 * one thread may enter a user namespace or give up its capabilities by plain system calls. But V8 must
 * not need the threads that are missing, so Node is started with `FORKABLE_NODE_FLAGS`; Node's other
 * threads (for timers of V8 and for the inspector) do nothing unless they are asked to.
 *
 * And V8 tells the kernel not to copy its heap when the process forks (MADV_DONTFORK), because normally
 * a program is executed then. That is taken back for what is mapped, and a filter answers the
 * same call from then on as if it had been done.
 */

/** What `node` must be started with to be forkable. */
export const FORKABLE_NODE_FLAGS = ['--single-threaded', '--v8-pool-size=0'] as const;

/** Of `struct sock_filter`: what the instructions below are made of. Source: linux/filter.h. */
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO = 0x00050000;
/** How often memory is looked through that children are to have; once and a look is the rule. */
const MAX_ROUNDS = 10;

const DATA_NR = 0;
const DATA_ARG2 = 32;

let isForkable = false;

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
  const missing = FORKABLE_NODE_FLAGS.filter((flag) => !process.execArgv.includes(flag));
  if (missing.length > 0) {
    throw new Error(`a process that forks must be started by node ${missing.join(' ')}`);
  }
  setNoNewPrivileges();
  installFilter(ignoreDontFork());
  inheritHeap();
  isForkable = true;
}

/** `madvise(_, _, MADV_DONTFORK)` does nothing and succeeds; everything else is as before. */
function ignoreDontFork(): Uint8Array {
  const { madvise = -1 } = currentSyscalls();
  const program: [code: number, ifTrue: number, ifFalse: number, value: number][] = [
    [LOAD_WORD, 0, 0, DATA_NR],
    [JUMP_IF_EQUAL, 0, 3, madvise],
    [LOAD_WORD, 0, 0, DATA_ARG2],
    [JUMP_IF_EQUAL, 0, 1, MADV_DONTFORK],
    [RETURN, 0, 0, SECCOMP_RET_ERRNO],
    [RETURN, 0, 0, SECCOMP_RET_ALLOW],
  ];
  const bytes = new Uint8Array(8 * program.length);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, value, true);
  });
  return bytes;
}

/** Memory that children do not get, but for that of devices, which they never do. */
function notInherited(): (readonly [start: number, end: number])[] {
  const found: [number, number][] = [];
  let range: [number, number] = [0, 0];
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
    if (start !== undefined && end !== undefined) {
      range = [Number.parseInt(start, 16), Number.parseInt(end, 16)];
    } else if (/^VmFlags:(?!.* io\b).* dc\b/.test(line)) {
      found.push(range);
    }
  }
  return found;
}

/**
 * Lets children have all of this process's memory, and looks whether that is so: the list may change while
 * it is read.
 * @throws Error if some cannot be had
 */
export function inheritHeap(): void {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const ranges = notInherited();
    if (ranges.length === 0) {
      return;
    }
    // SAFETY: says only what becomes of the memory in children.
    ranges.forEach(([start, end]) => libc.madvise(start, end - start, MADV_DOFORK));
  }
  throw new Error('a part of the memory of this process cannot be inherited');
}

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { adoptOrphans } from '@crosvm/io-jail';

import { pause, until } from './time';

/** The variable by which processes are told whose they are: every child inherits it. */
export const MARK_VARIABLE = 'CROSVM_E2E_MARK';

/** Marks of this process; test files that run one after the other share it. */
const MARK_PREFIX = `${process.pid}-`;

/**
 * One scan may miss a process: one that is born behind its back, or that is executing a program just now and
 * has no environment for that moment.
 */
const ENOUGH_SCANS = 3;

/** A process, as far as a message needs it. */
export interface Process {
  readonly pid: number;
  readonly commandLine: string;
}

/**
 * The processes that were started with a mark in their environment, whoever their parent is by now.
 * Those that have ended and wait to be reaped have no environment any more, and do not count.
 */
function processesMarked(mark: string): readonly Process[] {
  const setting = `${MARK_VARIABLE}=${mark}`;
  return processesWhere((variables) => variables.includes(setting));
}

/** The processes that this process started with any mark. */
export function markedProcesses(): readonly Process[] {
  const beginning = `${MARK_VARIABLE}=${MARK_PREFIX}`;
  return processesWhere((variables) => variables.some((each) => each.startsWith(beginning)));
}

/** A mark that no other has. */
export function newMark(): string {
  return `${MARK_PREFIX}${randomUUID()}`;
}

function processesWhere(test: (variables: readonly string[]) => boolean): readonly Process[] {
  return processIds()
    .filter((pid) => Number(pid) !== process.pid)
    .filter((pid) => test(fileOf(pid, 'environ').split('\0')))
    .map(processOf);
}

/** The processes that there are. */
export function processIds(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function processOf(pid: string): Process {
  const commandLine = fileOf(pid, 'cmdline').replaceAll('\0', ' ').trim().slice(0, 200);
  return { pid: Number(pid), commandLine };
}

/** The processes whose parent a process is, whatever is in their environment, but for those that have ended. */
export function childrenOf(parent: number): readonly Process[] {
  const isChild = (pid: string): boolean => {
    // After the name, which may contain anything.
    const [state = '', itsParent] = fileOf(pid, 'stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(itsParent) === parent && !/[ZX]/.test(state);
  };
  return processIds().filter(isChild).map(processOf);
}

/** All processes that a process started, and those that they did, as far as their parents are there. */
export function descendantsOf(ancestor: number): readonly Process[] {
  return childrenOf(ancestor).flatMap((child) => [child, ...descendantsOf(child.pid)]);
}

/**
 * Has processes become children of this one when their own parent ends: also those that have no mark,
 * because they are given no environment, as device hosts are.
 */
export function keepOrphans(): void {
  adoptOrphans();
}

/** Processes without an environment whose parent has ended. */
export function orphans(): readonly Process[] {
  return childrenOf(process.pid).filter(({ pid }) => fileOf(String(pid), 'environ') === '');
}

/** Those that were started with a mark, and orphans, that are still there when they have been given time to end. */
export async function remaining(mark: string, graceMs: number): Promise<readonly Process[]> {
  const deadline = performance.now() + graceMs;
  for (let emptyScans = 0; ;) {
    const processes = [...processesMarked(mark), ...orphans()];
    emptyScans = processes.length === 0 ? emptyScans + 1 : 0;
    if (emptyScans === ENOUGH_SCANS || (emptyScans === 0 && performance.now() > deadline)) {
      return processes;
    }
    await pause(20);
  }
}

/** Kills processes until none is left, those they start meanwhile included. */
export async function killAll(mark: string, graceMs: number): Promise<void> {
  await until(`the end of the processes of ${mark}`, graceMs, () => {
    const processes = [...processesMarked(mark), ...orphans()];
    processes.forEach(({ pid }) => kill(pid, 'SIGKILL'));
    return processes.length === 0 ? true : undefined;
  });
}

/** Sends a signal; to a process that has ended it goes nowhere. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

/**
 * On which host CPUs each thread of a process may run: lists such as `0-3`, by thread id.
 * Threads of the kernel that are shown with the process (such as `kvm-nx-lpage-recovery`) are left out.
 */
export function threadAffinities(pid: number): ReadonlyMap<number, string> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => ({
    thread: Number(thread),
    status: fileOf(`${pid}/task/${thread}`, 'status'),
  }));
  return new Map(
    threads
      .filter(({ status }) => !status.startsWith('Name:\tkvm-'))
      .map(({ thread, status }) => [
        thread,
        /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '',
      ]),
  );
}

/** Empty where the process has ended or belongs to someone else. */
function fileOf(process: string, name: string): string {
  try {
    return readFileSync(`/proc/${process}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

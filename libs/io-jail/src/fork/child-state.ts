import { constants } from 'node:os';

import { array, i32, struct } from '@crosvm/data-model';
import { check, Errno, OwnedFd, retry, SysError } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import {
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  P_ALL,
  P_PID,
  PR_SET_CHILD_SUBREAPER,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from '../abi';
import { libc } from '../sys/libc';

/** The part of `siginfo_t` that waitid(2) fills in. Source: asm-generic/siginfo.h. */
const childSiginfo = struct('siginfo_t', {
  si_signo: i32,
  si_errno: i32,
  si_code: i32,
  pad: i32,
  si_pid: i32,
  si_uid: i32,
  si_status: i32,
  rest: array(i32, 25),
});

/** What has become of a child. */
export type ChildState =
  | { readonly kind: 'exited'; readonly status: number }
  /** `signal` such as SIGKILL. */
  | { readonly kind: 'killed'; readonly signal: string }
  /** It goes on when it is sent SIGCONT. */
  | { readonly kind: 'stopped'; readonly signal: string };

/** The name of a signal. */
function signalName(signal: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return found?.[0] ?? `signal ${signal}`;
}

/** Waits for a child of which `options` tells. Undefined if there is nothing to be told. */
function wait(
  which: { readonly type: number; readonly pid: number },
  options: number,
): { readonly pid: number; readonly state: ChildState } | undefined {
  const info = childSiginfo.allocate();
  retry('waitid', () => libc.waitid(which.type, which.pid, info.buffer, options));
  return info.si_pid === 0
    ? undefined
    : { pid: info.si_pid, state: stateOf(info.si_code, info.si_status) };
}

function stateOf(code: number, status: number): ChildState {
  switch (code) {
    case CLD_EXITED:
      return { kind: 'exited', status };
    case CLD_KILLED:
    case CLD_DUMPED:
      return { kind: 'killed', signal: signalName(status) };
    default:
      return { kind: 'stopped', signal: signalName(status) };
  }
}

function call(pid: number, options: number): ChildState | undefined {
  return wait({ type: P_PID, pid }, options)?.state;
}

/**
 * Waits until a child has ended. Its process id may mean another process then.
 * @throws SysError ECHILD if it is no child of this process
 */
export function waitForChild(pid: number): ChildState | undefined {
  return call(pid, WEXITED);
}

/**
 * What has become of a child since this was asked last: undefined if it runs on. One that has ended
 * is gone then.
 * @throws SysError ECHILD if it is no child of this process
 */
export function pollChild(pid: number): ChildState | undefined {
  return call(pid, WEXITED | WSTOPPED | WNOHANG);
}

/**
 * The signal that has stopped a child since this was asked last, such as SIGSTOP. Its end, of which
 * others may want to hear, is left to them.
 * @throws SysError ECHILD if it is no child of this process
 */
export function pollStop(pid: number): string | undefined {
  const state = call(pid, WSTOPPED | WNOHANG);
  return state?.kind === 'stopped' ? state.signal : undefined;
}

/**
 * The process id of some child that was stopped and of which nobody was told yet (`pollStop`).
 * @throws SysError ECHILD if there are no children
 */
export function anyStopped(): number | undefined {
  return wait({ type: P_ALL, pid: 0 }, WSTOPPED | WNOHANG | WNOWAIT)?.pid;
}

/**
 * Makes this process the parent of every descendant whose own parent has ended.
 * @throws SysError
 */
export function adoptOrphans(): void {
  check('prctl(PR_SET_CHILD_SUBREAPER)', libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/**
 * A descriptor that is readable when a process has ended.
 * @throws SysError ESRCH, EMFILE, ENOSYS before Linux 5.3
 */
export function openProcess(pid: number): OwnedFd {
  const { pidfd_open = -1 } = currentSyscalls();
  return OwnedFd.adopt(check('pidfd_open', libc.pidfd_open(pidfd_open, pid, 0)));
}

/**
 * Sends a signal to the process of a descriptor of `openProcess`. One that has ended gets nothing.
 * @throws SysError EPERM
 */
export function signalProcess(process: OwnedFd, signal: number): void {
  const { pidfd_send_signal = -1 } = currentSyscalls();
  try {
    const result = libc.pidfd_send_signal(pidfd_send_signal, process.raw, signal, null, 0);
    check('pidfd_send_signal', result);
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}

/** Kills a child that was not waited for yet. Returns whether there was one. */
export function killChild(pid: number): boolean {
  return libc.kill(pid, constants.signals.SIGKILL) === 0;
}

/** Whether an error says that there is no such child, or no such process. */
export function isGone(error: unknown): boolean {
  return error instanceof SysError && (error.errno === Errno.ECHILD || error.errno === Errno.ESRCH);
}

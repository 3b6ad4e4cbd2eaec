import {
  codeRanges,
  loadPolicy,
  lockDown,
  openProcess,
  type Policy,
  setNoNewPrivileges,
} from '@crosvm/io-jail';
import {
  dropEventLoopRing,
  exitNow,
  FdSocket,
  type LazyLogger,
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  socketPair,
} from '@crosvm/sys-util';

import { UserError } from '../user-error';
import type { CallRecord } from './call-record';
import type { StartedHost } from './host-start';
import type { VmEnd } from './vm-end';
import {
  decodeForbiddenCall,
  encodeWardenMessage,
  MAX_WARDEN_MESSAGE,
  SELF,
} from './warden-messages';
import { within } from './within';
import type { ForkRequest } from './zygote-messages';

const STDERR = 2;

/** What the user can do if this process cannot be given a filter. */
const NO_FILTER_HINT =
  'the kernel needs seccomp filters; without a sandbox (--disable-sandbox) crosvm runs without';

/** How long the warden may take to end, which is at once. */
const END_MS = 500;

/** What a guard needs to know. */
export interface VmmGuardOptions {
  /** The file of this process's own policy. */
  readonly policy: string;
  /** The file of the policy of the warden, which decides on calls that are forbidden. */
  readonly wardenPolicy: string;
  /** Whether calls that the policy forbids are only logged. */
  readonly logForbidden: boolean;
  /** Takes all calls, none of which is forbidden then. */
  readonly record?: CallRecord;
  readonly log: LazyLogger;
  /** The VM has to end. */
  readonly onEnd: (end: VmEnd) => void;
}

function ignore(): void {
  // Nothing is to be done.
}

/**
 * Puts a policy on all threads of this process.
 * @throws UserError
 */
function putFilterOn(policy: Policy, record: boolean): OwnedFd | undefined {
  try {
    setNoNewPrivileges();
    if (dropEventLoopRing()) {
      // When Node takes itself down it watches, by other loops' rings, what is to be closed.
      process.once('exit', (status) => exitNow(status));
    }
    return lockDown(policy, { executable: codeRanges(), record });
  } catch (cause) {
    throw new UserError('it cannot be given its filter of system calls', {
      cause,
      hint: NO_FILTER_HINT,
    });
  }
}

/** Starts a process that is forked from the zygote. */
export type Fork = (request: ForkRequest, controlFd: number) => StartedHost;

/**
 * Takes from this process, once everything is set up, what a VMM that runs does not need: its own policy
 * is put on all its threads. Somebody who has taken it over can open no file and start no program then.
 * A call that is forbidden is decided on by another process, the warden: see there.
 */
export class VmmGuard {
  readonly #options: VmmGuardOptions;
  readonly #warden: StartedHost;
  readonly #control: FdSocket;
  readonly #registration: PollRegistration;
  #isOver = false;

  /**
   * Starts the warden.
   * @throws SysError EMFILE
   */
  constructor(options: VmmGuardOptions, fork: Fork, poller: Poller) {
    this.#options = options;
    const [near, far] = socketPair();
    this.#control = FdSocket.adopt(near, {
      maxBytes: MAX_WARDEN_MESSAGE,
      maxFds: 0,
      nonblock: true,
    });
    const request = { kind: 'warden', label: 'warden', policy: options.wardenPolicy } as const;
    this.#warden = fork({ ...request, compiled: false, record: false }, far.raw);
    far.close();
    this.#registration = poller.add(near.raw, POLL_READABLE, () => this.#receive());
    void this.#warden.ended.then((cause) => this.#wardenEnded(cause));
  }

  /** A call that the policy forbids was made. */
  #receive(): void {
    const message = this.#control.receive();
    if (message === 'closed') {
      this.#registration.remove();
    }
    if (typeof message === 'string') {
      return;
    }
    this.#options.onEnd({ kind: 'forbidden', ...decodeForbiddenCall(message.bytes) });
  }

  #wardenEnded(cause: Error = new Error('it ended')): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#options.onEnd({ kind: 'failed', part: "the warden of crosvm's own process", cause });
    }
  }

  /**
   * Puts the filter on. All that may have to be loaded must have been, and all threads and processes
   * started.
   * @throws UserError if it cannot be had, or the warden is not there
   */
  async shut(): Promise<void> {
    const pid = await this.#warden.pid;
    if (pid === undefined || this.#isOver) {
      return;
    }
    const { policy, log, record, logForbidden } = this.#options;
    const rules = loadPolicy(policy);
    log.settle();
    // Node would start a debugger, which whoever may send the signal could then talk to.
    process.on('SIGUSR1', ignore);
    using vmm = openProcess(process.pid);
    const told = encodeWardenMessage({
      logForbidden,
      lineEnd: process.stderr.isTTY ? '\r\n' : '\n',
      ...(record && { recordAs: `${SELF}\t${policy}\t` }),
    });
    using listener = putFilterOn(rules, record !== undefined);
    if (listener !== undefined) {
      const fds = [listener.raw, vmm.raw, STDERR, ...(record ? [record.raw] : [])];
      this.#control.send(told, fds);
    }
    log.debug(`${SELF} has a filter of system calls: '${policy}'`);
  }

  /** The VM has ended: there is no use in a filter, or in a warden, any more. */
  vmEnded(): void {
    this.#isOver = true;
  }

  /**
   * Ends the warden, and waits for it, because this process is its parent. What the policy forbids fails from
   * then on. One that records answers for all calls to the very end, and so goes on to it.
   */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#registration.remove();
    if (this.#options.record === undefined) {
      this.#control[Symbol.dispose]();
      const ended = this.#warden.ended.then(() => undefined);
      if (await within(END_MS, ended)) {
        return;
      }
      this.#warden.kill();
    }
    this.#warden.abandon();
  }
}

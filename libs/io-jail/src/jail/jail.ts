import { readdirSync, readSync, writeSync } from 'node:fs';

import { check, createPipe, dieWithParent, type OwnedFd, type Pipe } from '@crosvm/sys-util';

import { waitForChild } from '../fork/child-state';
import { forkProcess } from '../fork/fork-process';
import { libc } from '../sys/libc';
import { keepDescriptors, verifyDescriptors } from './descriptors';
import { endByFaults } from './faults';
import { inPart, JailError } from './jail-error';
import { type Limits, setLimits } from './limits';
import {
  enterNamespaces,
  type Ids,
  type Namespace,
  NAMESPACES,
  namespacesOfSelf,
  verifyNamespaces,
} from './namespaces';
import { dropCapabilities, forbidDumps, setNoNewPrivileges, verifyPrivileges } from './privileges';
import { type Bind, enterRoot, verifyRoot } from './root';

/** The user and group that nobody is, on all systems. */
const NOBODY: Ids = { uid: 65534, gid: 65534 };

/** Where an empty root is on systems that have one. Source: FHS, and OpenSSH's use of it. */
const VAR_EMPTY = '/var/empty';

const MAX_REPORT = 4096;

/** The status of a process whose jail could not be made; the error was reported. */
const NO_JAIL_STATUS = 71;

/** What the two processes of a start report: where the second one is, and whether its jail is ready. */
type Report =
  | { readonly pid: number }
  | { readonly ready: true }
  | { readonly error: string; readonly hint?: string | undefined };

function report(to: OwnedFd, message: Report): void {
  writeSync(to.raw, `${JSON.stringify(message)}\n`);
}

/** Does `work` and reports what it throws. Returns the status for the process. */
function reporting(to: OwnedFd, work: () => number): number {
  try {
    return work();
  } catch (error) {
    const { message, hint } = error as JailError;
    report(to, { error: message.slice(0, MAX_REPORT / 4), hint });
    return NO_JAIL_STATUS;
  }
}

/** The next report; what was said before the end if there is none. */
function nextReport(from: OwnedFd): Report {
  let text = '';
  const byte = Buffer.alloc(1);
  while (text.length < MAX_REPORT && readSync(from.raw, byte) === 1) {
    if (byte[0] === 0x0a) {
      return JSON.parse(text) as Report;
    }
    text += byte.toString('latin1');
  }
  return { error: 'the process ended before its jail was ready' };
}

/**
 * A jail for processes of this program: what they keep of the world. Nothing, unless it is said here.
 *
 * `fork` starts a process in it. It has namespaces of its own (user, pid, mount, net, ipc, uts, cgroup),
 * a root without anything in it, no capability, no descriptor but those it keeps; it cannot get
 * privileges or be looked into, and dies with its parent. All that is verified before it does anything;
 * if a part cannot be had, it does not start. What system calls it may make is up to it: see
 * `lockDown`.
 */
export class Jail {
  #namespaces: readonly Namespace[] = NAMESPACES;
  #ids: Ids = NOBODY;
  #emptyRoot = VAR_EMPTY;
  readonly #binds: Bind[] = [];
  readonly #keep: number[] = [];
  #stderr: number | undefined;
  #limits: Limits = { core: 0 };

  /** Which namespaces it has of its own; default: all. */
  namespaces(...kinds: readonly Namespace[]): this {
    this.#namespaces = kinds;
    return this;
  }

  /** What its user and group are called inside; default: nobody. Outside they are the parent's. */
  mapIds(ids: Ids): this {
    this.#ids = ids;
    return this;
  }

  /** The directory to be its root if that is there and empty; else it has a tmpfs. Default: /var/empty. */
  emptyRoot(path: string): this {
    this.#emptyRoot = path;
    return this;
  }

  /** Puts a file, directory or socket of the outside into its root. */
  bind(bind: Bind): this {
    this.#binds.push(bind);
    return this;
  }

  /** Descriptors that it keeps, under the same numbers, above the standard three. */
  keepFds(...fds: readonly number[]): this {
    this.#keep.push(...fds);
    return this;
  }

  /** What it says on standard error goes to this descriptor; default: nowhere. */
  stderrTo(fd: number): this {
    this.#stderr = fd;
    return this;
  }

  /** What it may use at most; default: no core file. */
  limit(limits: Limits): this {
    this.#limits = { ...this.#limits, ...limits };
    return this;
  }

  /**
   * Starts a process in the jail, which runs `main` and ends with the status that this returns. This
   * process must be forkable (`makeForkable`). If it is not itself the one that adopts orphans
   * (`adoptOrphans`), the nearest ancestor that is will be the parent.
   * @returns its process id, as it is called here
   * @throws JailError what cannot be had; the process has ended then
   * @throws SysError EMFILE, EAGAIN, ENOMEM
   */
  fork(main: () => number): number {
    const reports = createPipe();
    const go = createPipe();
    using fromChild = reports.reader;
    using toChild = go.writer;
    const outer = forkProcess(() =>
      reporting(reports.writer, () => this.#outer(reports, go, main)),
    );
    reports.writer.close();
    go.reader.close();
    const first = nextReport(fromChild);
    waitForChild(outer);
    const pid = 'pid' in first ? first.pid : undefined;
    // From now on its parent is the one that it is to die with.
    const second = pid === undefined ? first : this.#release(toChild, fromChild);
    if (pid !== undefined && 'ready' in second) {
      return pid;
    }
    const { error = 'it did not start', hint } = second as { error?: string; hint?: string };
    throw new JailError(error, hint);
  }

  #release(toChild: OwnedFd, fromChild: OwnedFd): Report {
    try {
      writeSync(toChild.raw, '\n');
    } catch {
      // It has ended, as its report will show.
    }
    return nextReport(fromChild);
  }

  /** The process between: only children of one that entered a pid namespace are in it. */
  #outer({ reader, writer }: Pipe, go: Pipe, main: () => number): number {
    // The parent's ends: as long as they are open here, its end is not seen.
    reader.close();
    go.writer.close();
    const before = namespacesOfSelf();
    enterNamespaces(this.#namespaces, this.#ids);
    const pid = forkProcess(() => {
      const status = reporting(writer, () => {
        verifyNamespaces(this.#namespaces, before);
        return this.#inner(writer, go.reader);
      });
      return status === 0 ? main() : status;
    });
    report(writer, { pid });
    return 0;
  }

  /** The jailed process. */
  #inner(reports: OwnedFd, go: OwnedFd): number {
    check('setsid', libc.setsid());
    const keep = [...this.#keep, reports.raw];
    if (readSync(go.raw, Buffer.alloc(1)) === 0) {
      throw new JailError('whoever asked for it is gone');
    }
    dieWithParent();
    inPart('its descriptors', () => verifyDescriptors(keepDescriptors(keep, this.#stderr)));
    if (readdirSync('/proc/self/task').length !== 1) {
      throw new JailError('it has more than one thread');
    }
    if (this.#namespaces.includes('mnt')) {
      enterRoot(this.#emptyRoot, this.#binds);
      verifyRoot(this.#binds);
    }
    inPart('the end by faults', endByFaults);
    inPart('its privileges', () => {
      setLimits(this.#limits);
      dropCapabilities();
      setNoNewPrivileges();
      forbidDumps();
      // The signal for the parent's end is forgotten when privileges change.
      dieWithParent();
      verifyPrivileges();
    });
    report(reports, { ready: true });
    reports.close();
    return 0;
  }
}

import { constants } from 'node:os';

import {
  checkEssentialCalls,
  codeRange,
  forbidWritableCode,
  Jail,
  JailError,
  loadPolicy,
  lockDown,
  makeForkable,
  NAMESPACES,
  type Policy,
  PolicyError,
  startCompiling,
  writableCode,
} from '@crosvm/io-jail';
import { blockSignals, FdSocket, type OwnedFd, SignalSet, SysError } from '@crosvm/sys-util';

import { DeviceHost } from './device-host';
import { MAX_STDERR } from './host-start';
import { Warden } from './warden';
import {
  decodeForkRequest,
  encodeZygoteMessage,
  type ForkReply,
  type ForkRequest,
  MAX_ZYGOTE_MESSAGE,
} from './zygote-messages';

const { SIGINT, SIGTERM, SIGHUP, SIGUSR1 } = constants.signals;

/** What ends the VMM ends its device hosts, but in order: it tells them. The last is Node's debugger's. */
const BLOCKED_SIGNALS = [SIGINT, SIGTERM, SIGHUP, SIGUSR1];

/** One more than the highest number of a descriptor in a host; the largest disks need some 200. */
const MAX_FDS = 1024;

/** Policies that were read, by path: disks have the same one. */
class Policies {
  readonly #loaded = new Map<string, Policy>();

  /** @throws PolicyError, EssentialCallError */
  get(path: string): Policy {
    const known = this.#loaded.get(path);
    if (known !== undefined) {
      return known;
    }
    const policy = loadPolicy(path);
    checkEssentialCalls(policy);
    this.#loaded.set(path, policy);
    return policy;
  }
}

/** Serves devices until the supervisor has no more use for them. Returns the exit status. */
function serveDevices(
  control: OwnedFd,
  lockDown: (isCompiled?: boolean) => OwnedFd | undefined,
): number {
  using host = new DeviceHost(control, lockDown);
  return host.run() ? 0 : 1;
}

/** Decides on the system calls of the VMM until it is gone. Returns the exit status. */
function serveCalls(control: OwnedFd, lockDown: () => void): number {
  using warden = new Warden(control, lockDown);
  warden.run();
  return 0;
}

/** Starts a device host or a warden, which is this process again, in a jail. */
function forkHost(
  { kind, label, policy: path, compiled, fileBytes, fileResizes, binds = [], record }: ForkRequest,
  { control, stderr }: { readonly control: OwnedFd; readonly stderr: OwnedFd },
  policies: Policies,
): number {
  const policy = policies.get(path);
  const executable = compiled === false ? undefined : codeRange();
  const writable = compiled === true ? [] : writableCode();
  const decide = (isCompiled: boolean): void => {
    if (isCompiled) {
      startCompiling();
    } else {
      forbidWritableCode(writable);
    }
  };
  const shut = (isCompiled: boolean): OwnedFd | undefined =>
    lockDown(policy, { record, ...(isCompiled && executable && { executable: [executable] }) });
  // The warden may have to end the VMM, which is in none of the namespaces for processes inside.
  const namespaces = NAMESPACES.filter((each) => kind === 'host' || each !== 'pid');
  const jail = new Jail().namespaces(...namespaces);
  binds.forEach((bind) => jail.bind(bind));
  return jail
    .keepFds(control.raw)
    .stderrTo(stderr.raw)
    .limit({
      nofile: MAX_FDS,
      ...(fileBytes !== undefined && {
        [fileResizes === true ? 'fsizeForNow' : 'fsize']: Math.max(fileBytes, MAX_STDERR),
      }),
    })
    .fork(() => {
      process.title = `crosvm ${label}`;
      blockSignals(new SignalSet(BLOCKED_SIGNALS));
      if (compiled !== undefined) {
        decide(compiled);
      }
      if (kind === 'warden') {
        return serveCalls(control, () => lockDown(policy, { supervised: false }));
      }
      return serveDevices(control, (isCompiled) => {
        if (compiled !== undefined || isCompiled === undefined) {
          return shut(compiled === true);
        }
        decide(isCompiled);
        return shut(isCompiled);
      });
    });
}

function answer(
  request: ForkRequest,
  [control, stderr]: readonly OwnedFd[],
  policies: Policies,
): ForkReply {
  if (control === undefined || stderr === undefined) {
    return { error: 'descriptors are missing' };
  }
  try {
    return { pid: forkHost(request, { control, stderr }, policies) };
  } catch (error) {
    if (error instanceof PolicyError) {
      return { error: `its policy cannot be used: ${error.message}` };
    }
    const text = error instanceof Error ? error.message : String(error);
    return error instanceof JailError
      ? { error: `it cannot be jailed: ${text}`, hint: error.hint }
      : { error: text };
  }
}

/** Answers; false if the supervisor is gone. */
function sent(socket: FdSocket, reply: ForkReply): boolean {
  try {
    return socket.send(encodeZygoteMessage(reply));
  } catch (error) {
    if (error instanceof SysError && error.code === 'EPIPE') {
      return false;
    }
    throw error;
  }
}

/**
 * Forks device hosts as they are asked for, until nobody asks any more.
 * @param control the socket to the supervisor; taken over
 * @throws SysError if this process cannot be forked
 */
export function serveForks(control: OwnedFd): void {
  makeForkable();
  const policies = new Policies();
  using socket = FdSocket.adopt(control, { maxBytes: MAX_ZYGOTE_MESSAGE, maxFds: 2 });
  for (;;) {
    const message = socket.receive();
    if (typeof message === 'string') {
      return;
    }
    const reply = answer(decodeForkRequest(message.bytes), message.fds, policies);
    message.fds.forEach((fd) => fd.close());
    if (!sent(socket, reply)) {
      return;
    }
  }
}

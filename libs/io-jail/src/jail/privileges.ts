import { check } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import {
  _LINUX_CAPABILITY_VERSION_3,
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAPBSET_DROP,
  PR_CAPBSET_READ,
  PR_GET_DUMPABLE,
  PR_GET_NO_NEW_PRIVS,
  PR_SET_DUMPABLE,
  PR_SET_NO_NEW_PRIVS,
} from '../abi';
import { libc } from '../sys/libc';
import { JailError } from './jail-error';

/** Capabilities that sets have room for. Source: capabilities(7). */
const MAX_CAPABILITIES = 64;

/** Words of the header and of the sets in the third version of capset(2). */
const HEADER_WORDS = 2;
const SET_WORDS = 6;

/** What is executed from now on gets no privileges of its own; filters may be installed. */
export function setNoNewPrivileges(): void {
  check('prctl(PR_SET_NO_NEW_PRIVS)', libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/** Nobody may look into this process, and it leaves no core file. */
export function forbidDumps(): void {
  check('prctl(PR_SET_DUMPABLE)', libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

function header(): Uint8Array {
  const words = new Uint32Array(HEADER_WORDS);
  words[0] = _LINUX_CAPABILITY_VERSION_3;
  return new Uint8Array(words.buffer);
}

/** The number of capabilities that this kernel has. */
function countCapabilities(): number {
  let count = 0;
  while (count < MAX_CAPABILITIES && libc.prctl(PR_CAPBSET_READ, count, 0, 0, 0) >= 0) {
    count += 1;
  }
  return count;
}

/**
 * Gives up all capabilities of the calling thread, in all five sets, for ever.
 * @throws SysError EPERM without CAP_SETPCAP in the thread's user namespace
 */
export function dropCapabilities(): void {
  const count = countCapabilities();
  for (let capability = 0; capability < count; capability += 1) {
    const result = libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    check(`prctl(PR_CAPBSET_DROP, ${capability})`, result);
  }
  // Kernels before 4.3 have no such set.
  libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const { capset = -1 } = currentSyscalls();
  check('capset', libc.capset(capset, header(), new Uint8Array(4 * SET_WORDS)));
}

/**
 * Sees to it that the calling thread has no privileges and gets none.
 * @throws JailError
 */
export function verifyPrivileges(): void {
  const sets = new Uint32Array(SET_WORDS);
  const { capget = -1 } = currentSyscalls();
  check('capget', libc.capget(capget, header(), new Uint8Array(sets.buffer)));
  const bounding = Array.from({ length: countCapabilities() }, (_, capability) =>
    libc.prctl(PR_CAPBSET_READ, capability, 0, 0, 0),
  );
  if ([...sets, ...bounding].some((set) => set !== 0)) {
    throw new JailError('capabilities are left');
  }
  if (libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) !== 1) {
    throw new JailError('it could get new privileges');
  }
  if (libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) !== 0) {
    throw new JailError('it can be looked into');
  }
}

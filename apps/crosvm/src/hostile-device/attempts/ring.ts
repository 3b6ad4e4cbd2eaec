import { SysError } from '@crosvm/sys-util';

import type { Attempt, Expected } from '../attempt';
import { list } from '../attempt';
import type { Attacker } from '../attacker';
import { constant } from '../constants';
import { DiskRing, OwnRing, type Ring, SQE_SIZE } from './rings';

/** Of linux/io_uring.h: operations, and where things are in a submission. */
const OP = {
  SENDMSG: 9,
  ACCEPT: 13,
  CONNECT: 16,
  FALLOCATE: 17,
  OPENAT: 18,
  STATX: 21,
  OPENAT2: 28,
  EPOLL_CTL: 29,
  SPLICE: 30,
  UNLINKAT: 36,
  MKDIRAT: 37,
  SOCKET: 45,
} as const;
const SQE = { OPCODE: 0, FD: 4, OFFSET: 8, ADDRESS: 16, LENGTH: 24, FLAGS: 28 } as const;

const FILE = '/etc/passwd';

/** A submission; what is not named is 0. */
interface Submission {
  readonly fd?: number;
  readonly offset?: number;
  readonly address?: number;
  readonly length?: number;
  readonly flags?: number;
}

function encode(opcode: number, submission: Submission): Uint8Array {
  const { fd = 0, offset = 0, address = 0, length = 0, flags = 0 } = submission;
  const bytes = new Uint8Array(SQE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(SQE.OPCODE, opcode);
  view.setInt32(SQE.FD, fd, true);
  view.setBigUint64(SQE.OFFSET, BigInt(offset), true);
  view.setBigUint64(SQE.ADDRESS, BigInt(address), true);
  view.setUint32(SQE.LENGTH, length, true);
  view.setUint32(SQE.FLAGS, flags, true);
  return bytes;
}

/** An operation of a ring, which no filter of system calls sees. */
function operation(
  what: string,
  opcode: keyof typeof OP,
  free: Expected,
  submission: (attacker: Attacker) => Submission,
): Attempt {
  let ring: Ring;
  return {
    name: `a ring's ${opcode}: ${what}`,
    prepare: (attacker) => {
      ring = attacker.world.isFree ? new OwnRing(attacker) : new DiskRing();
    },
    run: (attacker) => {
      const result = ring.submit(encode(OP[opcode], submission(attacker)));
      if (result < 0) {
        throw new SysError('io_uring', -result);
      }
    },
    jailed: 'EACCES',
    unfiltered: ['EACCES'],
    free: list(free),
  };
}

/** What a disk's ring could be made to do. */
export const RING: readonly Attempt[] = [
  operation('a file', 'OPENAT', 'works', (a) => ({
    fd: constant('AT_FDCWD'),
    address: a.text(FILE),
  })),
  operation('a file', 'OPENAT2', 'works', (a) => ({
    fd: constant('AT_FDCWD'),
    address: a.text(FILE),
    offset: a.longs(0, 0, 0),
    length: 24,
  })),
  operation('of a file', 'STATX', 'works', (a) => ({
    fd: constant('AT_FDCWD'),
    address: a.text(FILE),
    offset: a.room(256),
  })),
  operation('a directory', 'MKDIRAT', 'works', (a) => ({
    fd: constant('AT_FDCWD'),
    address: a.text(`${a.world.scratch}/by-ring`),
    length: 0o700,
  })),
  operation('a file', 'UNLINKAT', 'ENOENT', (a) => ({
    fd: constant('AT_FDCWD'),
    address: a.text(`${a.world.scratch}/nothing`),
  })),
  // Linux 5.19.
  operation('AF_INET', 'SOCKET', ['works', 'EINVAL'], () => ({
    fd: constant('AF_INET'),
    offset: constant('SOCK_STREAM'),
  })),
  operation('its socket', 'CONNECT', 'EINVAL', (a) => ({
    fd: a.fd('socket'),
    address: a.text('\u0001\0'),
    offset: 2,
  })),
  operation('its socket', 'ACCEPT', 'EINVAL', (a) => ({ fd: a.fd('socket') })),
  operation('its socket', 'SENDMSG', 'works', (a) => ({
    fd: a.fd('socket'),
    address: a.room(56),
    flags: constant('MSG_DONTWAIT'),
  })),
  operation('the image', 'FALLOCATE', 'works', (a) => ({ fd: a.fd('image'), address: 4096 })),
  operation('its socket', 'EPOLL_CTL', 'EFAULT', (a) => ({ fd: a.fd('socket') })),
  operation('the image', 'SPLICE', 'works', (a) => ({ fd: a.fd('socket') })),
];

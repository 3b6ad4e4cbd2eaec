import { constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  __NR_io_uring_enter,
  io_uring_cqe,
  io_uring_sqe,
  IORING_ENTER_GETEVENTS,
  IORING_OP_FSYNC,
  IORING_OP_READ,
  IORING_OP_WRITE,
} from '../abi/io-uring';
import { libc } from '../ffi/libc';
import { Errno, EventFd, IoUring, openFile, SysError } from '../index';
import { WITHOUT_RINGS } from '../testing/without-rings';
import { enableRing, registerEventFd, setUpRing } from './set-up';

const withRings = WITHOUT_RINGS === '' ? it : it.skip;

const IOSQE_IO_LINK = 0x4;
const IORING_OP_NOP = 0;
const IORING_OP_OPENAT = 18;
const IORING_OP_SEND = 26;
const IORING_OP_SOCKET = 45;

/** A ring that may sync, with a file to sync, and all that a program could ask of it. */
function makeRig(opcodes: readonly number[]) {
  const directory = mkdtempSync(join(tmpdir(), 'io-uring-set-up-'));
  writeFileSync(join(directory, 'file'), 'content');
  const file = openFile(join(directory, 'file'), constants.O_RDWR);
  const ring = setUpRing(8);
  enableRing(ring.fd.raw, opcodes);
  const { params, rings, sqes } = ring;
  const words = new Int32Array(rings.bytes.buffer, rings.bytes.byteOffset, rings.bytes.length / 4);
  const sqe = io_uring_sqe.over(new DataView(sqes.bytes.buffer, sqes.bytes.byteOffset), 0);
  const cqe = io_uring_cqe.over(new DataView(rings.bytes.buffer, rings.bytes.byteOffset), 0);
  // The list of submissions has the first one everywhere, from the start.
  let tail = 0;
  return {
    ring,
    /** Submits one operation on the file and gives its result. */
    result: (opcode: number, flags = 0) => {
      sqe.opcode = opcode;
      sqe.flags = flags;
      sqe.fd = file.raw;
      tail += 1;
      Atomics.store(words, params.sq_off.tail / 4, tail);
      const { raw } = ring.fd;
      libc.io_uring_enter(__NR_io_uring_enter, raw, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
      const at = params.cq_off.cqes + ((tail - 1) % params.cq_entries) * io_uring_cqe.size;
      return cqe.rebase(at).res;
    },
    [Symbol.dispose]: () => {
      rings.unmap();
      sqes.unmap();
      [ring.fd, file].forEach((fd) => fd.close());
      rmSync(directory, { recursive: true });
    },
  };
}

describe('a ring that is enabled', () => {
  withRings(`does what it is for${WITHOUT_RINGS}`, () => {
    using rig = makeRig([IORING_OP_FSYNC, IORING_OP_READ]);

    expect([rig.result(IORING_OP_FSYNC), rig.result(IORING_OP_READ)]).toEqual([0, 0]);
  });

  withRings(`refuses all other operations${WITHOUT_RINGS}`, () => {
    using rig = makeRig([IORING_OP_FSYNC]);
    const others = [
      IORING_OP_NOP,
      IORING_OP_READ,
      IORING_OP_WRITE,
      IORING_OP_OPENAT,
      IORING_OP_SEND,
      IORING_OP_SOCKET,
    ];

    expect(others.map((opcode) => rig.result(opcode))).toEqual(others.map(() => -Errno.EACCES));
    expect(rig.result(IORING_OP_FSYNC)).toBe(0);
  });

  withRings(`refuses flags of operations, which might chain them${WITHOUT_RINGS}`, () => {
    using rig = makeRig([IORING_OP_FSYNC]);

    expect(rig.result(IORING_OP_FSYNC, IOSQE_IO_LINK)).toBe(-Errno.EACCES);
  });

  withRings(`takes no more registrations${WITHOUT_RINGS}`, () => {
    using rig = makeRig([IORING_OP_FSYNC]);
    using event = EventFd.create();
    const { raw } = rig.ring.fd;

    expect(() => registerEventFd(raw, event.raw)).toThrow(SysError);
    expect(() => enableRing(raw, [IORING_OP_NOP])).toThrow(SysError);
    expect(rig.result(IORING_OP_NOP)).toBe(-Errno.EACCES);
  });
});

describe('a ring that is not enabled', () => {
  withRings(`does nothing${WITHOUT_RINGS}`, () => {
    const { fd, rings, sqes } = setUpRing(8);
    const taken = libc.io_uring_enter(
      __NR_io_uring_enter,
      fd.raw,
      0,
      0,
      IORING_ENTER_GETEVENTS,
      0,
      0,
    );

    expect(taken).toBe(-1);
    rings.unmap();
    sqes.unmap();
    fd.close();
  });

  withRings(`is never what IoUring makes${WITHOUT_RINGS}`, () => {
    using ring = IoUring.create({ operations: 2, ranges: 1 });

    expect(ring.enter(0)).toBe(0);
  });
});

import { constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Errno,
  IoUring,
  Iovecs,
  Mapping,
  openFile,
  POLL_EDGE,
  POLL_READABLE,
  PollLoop,
  SysError,
} from '../index';
import { WITHOUT_RINGS } from '../testing/without-rings';

const withRings = WITHOUT_RINGS === '' ? it : it.skip;

const SIZE = 64 * 1024;
const OPERATIONS = 16;

/** Bytes that tell their place. */
const pattern = Uint8Array.from({ length: SIZE }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

/** A ring, a file and memory. */
function makeRig() {
  const directory = mkdtempSync(join(tmpdir(), 'io-uring-test-'));
  const path = join(directory, 'file');
  writeFileSync(path, pattern);
  const file = openFile(path, constants.O_RDWR);
  const ring = IoUring.create({ operations: OPERATIONS, ranges: 4 });
  const memory = Mapping.anonymous(SIZE);
  return {
    ring,
    memory,
    fd: file.raw,
    content: () => readFileSync(path),
    [Symbol.dispose]: () => {
      ring[Symbol.dispose]();
      file.close();
      memory.unmap();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Iovecs of these parts of the memory: offset and bytes. */
function iovecsOf({ address }: Mapping, ...parts: (readonly [number, number])[]): Iovecs {
  const iovecs = new Iovecs(parts.length);
  parts.forEach(([at, length]) => iovecs.push(address + at, length));
  return iovecs;
}

/** Results by token, of so many operations that are on their way. */
function finish(ring: IoUring, count: number): Map<number, number> {
  const results = new Map<number, number>();
  while (results.size < count) {
    expect(ring.enter(1)).toBe(0);
    while (ring.next()) {
      results.set(ring.token, ring.result);
    }
  }
  return results;
}

describe('a ring', () => {
  withRings(`reads into one range and into many${WITHOUT_RINGS}`, () => {
    using rig = makeRig();
    const { ring, fd, memory } = rig;
    ring.readv(3, fd, iovecsOf(memory, [0, 100]), 1000);
    ring.readv(5, fd, iovecsOf(memory, [500, 10], [4000, 1], [200, 89]), 5000);

    expect(ring.pending).toBe(2);
    expect([...finish(ring, 2)].sort()).toEqual([
      [3, 100],
      [5, 100],
    ]);
    expect(ring.pending).toBe(0);
    expect(memory.bytes.slice(0, 100)).toEqual(pattern.slice(1000, 1100));
    const parts = [memory.bytes.slice(500, 510), memory.bytes.slice(4000, 4001)];
    const gathered = Buffer.concat([...parts, memory.bytes.slice(200, 289)]);
    expect(Buffer.compare(gathered, pattern.slice(5000, 5100))).toBe(0);
  });

  withRings(`writes from one range and from many, and syncs${WITHOUT_RINGS}`, () => {
    using rig = makeRig();
    const { ring, fd, memory } = rig;
    memory.bytes.fill(1, 0, 100).fill(2, 100, 200);
    ring.writev(0, fd, iovecsOf(memory, [0, 10]), 0);
    ring.writev(1, fd, iovecsOf(memory, [50, 5], [150, 5]), SIZE - 10);
    const written = finish(ring, 2);
    ring.fdatasync(0, fd);

    expect([...written].sort()).toEqual([
      [0, 10],
      [1, 10],
    ]);
    expect(finish(ring, 1)).toEqual(new Map([[0, 0]]));
    const expected = Uint8Array.from(pattern)
      .fill(1, 0, 10)
      .fill(1, SIZE - 10)
      .fill(2, SIZE - 5);
    expect(Buffer.compare(rig.content(), expected)).toBe(0);
  });

  withRings(
    `can be used round and round, with all its operations at a time${WITHOUT_RINGS}`,
    () => {
      using rig = makeRig();
      const { ring, fd, memory } = rig;
      const rounds = 40;
      let bytes = 0;
      for (let round = 0; round < rounds; round += 1) {
        for (let token = 0; token < OPERATIONS; token += 1) {
          const at = ((round * OPERATIONS + token) * 16) % SIZE;
          ring.readv(token, fd, iovecsOf(memory, [at, 8], [at + 8, 8]), at);
        }
        finish(ring, OPERATIONS).forEach((result) => (bytes += result));
      }

      expect(bytes).toBe(rounds * OPERATIONS * 16);
      expect(Buffer.compare(memory.bytes.slice(0, 10_240), pattern.slice(0, 10_240))).toBe(0);
    },
  );

  withRings(`reaches offsets beyond 4 GiB${WITHOUT_RINGS}`, () => {
    using rig = makeRig();
    const { ring, fd, memory } = rig;
    memory.bytes.set([9, 8, 7]);
    const far = 5 * 1024 ** 3 + 1;
    ring.writev(0, fd, iovecsOf(memory, [0, 3]), far);
    finish(ring, 1);
    ring.readv(0, fd, iovecsOf(memory, [10, 4]), far);

    expect(finish(ring, 1).get(0)).toBe(3);
    expect([...memory.bytes.slice(10, 14)]).toEqual([9, 8, 7, 0]);
  });

  withRings(`answers with what went wrong${WITHOUT_RINGS}`, () => {
    using rig = makeRig();
    const { ring, fd, memory } = rig;
    const nowhere = new Iovecs(1);
    nowhere.push(0x1000, 16);
    using full = openFile('/dev/full', constants.O_RDWR);
    ring.readv(0, -1, iovecsOf(memory, [0, 1]), 0);
    ring.readv(1, fd, nowhere, 0);
    ring.writev(2, full.raw, iovecsOf(memory, [0, 1]), 0);
    ring.readv(3, fd, iovecsOf(memory, [0, 10]), SIZE - 4);
    ring.fdatasync(4, -1);

    expect([...finish(ring, 5)].sort()).toEqual([
      [0, -Errno.EBADF],
      [1, -Errno.EFAULT],
      [2, -Errno.ENOSPC],
      [3, 4],
      [4, -Errno.EBADF],
    ]);
  });

  withRings(`refuses no ranges, and more than it has room for${WITHOUT_RINGS}`, () => {
    using rig = makeRig();
    const many = iovecsOf(rig.memory, [0, 1], [1, 1], [2, 1], [3, 1], [4, 1]);

    expect(() => rig.ring.readv(0, rig.fd, many, 0)).toThrow('5 ranges in a ring for 1 to 4');
    expect(() => rig.ring.readv(0, rig.fd, new Iovecs(1), 0)).toThrow(RangeError);
    expect(rig.ring.pending).toBe(0);
  });
});

describe('the event of a ring', () => {
  withRings(`wakes a loop for what is complete, each time${WITHOUT_RINGS}`, () => {
    using rig = makeRig();
    using loop = new PollLoop();
    const { ring, fd, memory } = rig;
    const iovecs = iovecsOf(memory, [0, 16]);
    const results: number[] = [];
    loop.add(ring.event.raw, POLL_READABLE | POLL_EDGE, () => {
      do {
        ring.quiet();
        ring.enter(0);
        while (ring.next()) {
          results.push(ring.result);
        }
      } while (ring.listen());
    });
    for (let round = 0; round < 5; round += 1) {
      ring.listen();
      ring.fdatasync(0, fd);
      ring.readv(1, fd, iovecs, 0);
      ring.enter(0);
      while (results.length < 2 * (round + 1)) {
        loop.runOnce(1000);
      }
    }

    expect(results.filter((result) => result === 0)).toHaveLength(5);
    expect(results.filter((result) => result === 16)).toHaveLength(5);
  });

  withRings(
    `is not signalled while the ring is quiet, which is told afterwards${WITHOUT_RINGS}`,
    () => {
      using rig = makeRig();
      const { ring, fd, memory } = rig;
      const nothing = ring.listen();
      ring.quiet();
      ring.readv(0, fd, iovecsOf(memory, [0, 16]), 0);
      ring.enter(1);

      expect(nothing).toBe(false);
      expect(ring.event.read()).toBeUndefined();
      expect(ring.listen()).toBe(true);
      expect([ring.next(), ring.next()]).toEqual([true, false]);
      expect(ring.listen()).toBe(false);
    },
  );
});

describe('making a ring', () => {
  withRings(`fails with a size that cannot be${WITHOUT_RINGS}`, () => {
    const make = () => IoUring.create({ operations: 65_536, ranges: 1 });

    expect(make).toThrow(SysError);
    expect(make).toThrow('io_uring_setup: invalid argument (EINVAL)');
  });

  withRings(`gives everything back in the end${WITHOUT_RINGS}`, () => {
    const event = IoUring.create({ operations: 4, ranges: 4 });
    event[Symbol.dispose]();
    event[Symbol.dispose]();
    const numbers = new Set<number>();
    for (let round = 0; round < 100; round += 1) {
      using ring = IoUring.create({ operations: 256, ranges: 256 });
      numbers.add(ring.event.raw);
    }

    expect(numbers.size).toBe(1);
  });
});

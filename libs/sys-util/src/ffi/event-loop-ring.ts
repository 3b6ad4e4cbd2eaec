import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { bind, viewMemory } from './bind';

/** What `/proc` calls an io_uring, as a descriptor and as memory. */
const RING = 'anon_inode:[io_uring]';

/** Of libuv's public `uv_loop_t`: where the pointer to what is its own is. */
const INTERNAL_FIELDS = 40;

const POINTER_BYTES = 8;

/**
 * Of libuv's own struct of a ring: how many words before its descriptor the addresses of its parts are. The
 * fourth and the nearer ones are sizes.
 */
const PARTS_BEFORE = [7, 5];

/** libuv's word for a ring that is not there. */
const NO_RING = -1;

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // That by which the list was read.
    return undefined;
  }
}

function ringFds(): Set<number> {
  return new Set(
    readdirSync('/proc/self/fd')
      .filter((fd) => linkOf(fd) === RING)
      .map(Number),
  );
}

/** Where the memory of rings starts. */
function ringAddresses(): Set<bigint> {
  const starts = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(RING))
    .map((line) => BigInt(`0x${line.slice(0, line.indexOf('-'))}`));
  return new Set(starts);
}

/** The memory in which libuv keeps what is its own of the main thread's loop. */
function internalFields(): DataView {
  const libuv = bind(null, {
    uv_default_loop: ['pointer', []],
    malloc_usable_size: ['size_t', ['pointer']],
  });
  const at = libuv.uv_default_loop() + INTERNAL_FIELDS;
  // SAFETY: the loop is static, and what it points to is a block of its own; both are there as long as the process.
  const fields = Number(new DataView(viewMemory(at, POINTER_BYTES)).getBigUint64(0, true));
  return new DataView(viewMemory(fields, libuv.malloc_usable_size(fields)));
}

/** Where the descriptors of rings are: each behind the addresses of both parts of one. */
function descriptorsIn(fields: DataView): number[] {
  const fds = ringFds();
  const addresses = ringAddresses();
  const places = Array.from(
    { length: Math.floor(fields.byteLength / POINTER_BYTES) },
    (_, index) => index * POINTER_BYTES,
  );
  const isPart = (at: number): boolean => at >= 0 && addresses.has(fields.getBigUint64(at, true));
  return places.filter(
    (at) =>
      fds.has(fields.getInt32(at, true)) &&
      PARTS_BEFORE.every((words) => isPart(at - words * POINTER_BYTES)),
  );
}

/**
 * Has the main thread's event loop do without its io_uring from now on, if it has one.
 *
 * Newer versions of libuv (seen: 1.52, of Node 24 and 26) tell an epoll of new descriptors by a ring, where there can
 * be one, and end the process when they may not use it. But a ring opens files and connects, too, and no seccomp filter
 * sees that, so a process under a filter is not to use any. Nobody is asked: a loop has its ring before the first
 * line of JavaScript, whatever `UV_USE_IO_URING` says. A loop without one calls `epoll_ctl`.
 * To be called on the main thread. The loops of other threads keep theirs: they must not watch anything
 * new under a filter, nor be taken down (see `exitNow`).
 * @returns whether loops have rings
 * @throws Error if the loop may have a ring and it is not found
 */
export function dropEventLoopRing(): boolean {
  if (ringFds().size === 0) {
    return false;
  }
  const fields = internalFields();
  const found = descriptorsIn(fields);
  if (found.length === 0) {
    throw new Error("the io_uring of Node's event loop is not where it is looked for");
  }
  found.forEach((at) => fields.setInt32(at, NO_RING, true));
  return true;
}

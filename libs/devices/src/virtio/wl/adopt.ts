import {
  accessMode,
  fileSize,
  type OwnedFd,
  sealSize,
  sendfileRaw,
  setNonblocking,
  SysError,
} from '@crosvm/sys-util';

import type { Grant, GuestMemoryRequests } from '../../memory-requests/client';
import { Memory, Opaque } from './memory';
import type { Room } from './room';
import { Stream } from './stream';
import type { Vfd } from './vfd';

/** Most bytes of a file that is copied for the guest; a keymap has some 50 KiB. */
export const MAX_COPY_BYTES = 2 ** 20;

/** What vfds are made with. */
export interface VfdParts {
  readonly requests: GuestMemoryRequests;
  readonly room: Room;
}

/**
 * Makes vfds of descriptors that came from the host, and passes them on when all are made.
 *
 * What has a size is memory: it is shown to the guest as it is if its size is sealed, or can be; else whoever
 * has it could take it away under the guest, so the guest has a copy, as far as that is not too large.
 * What has no size is read and written.
 * @param fds taken over
 */
export function adoptDescriptors(
  fds: readonly OwnedFd[],
  parts: VfdParts,
  done: (vfds: readonly Vfd[]) => void,
): void {
  const vfds: Vfd[] = [];
  const next = (): void => {
    const fd = fds[vfds.length];
    if (fd === undefined) {
      done(vfds);
    } else {
      adopt(fd, parts, (vfd) => {
        vfds.push(vfd);
        next();
      });
    }
  };
  next();
}

function adopt(fd: OwnedFd, parts: VfdParts, done: (vfd: Vfd) => void): void {
  const size = sizeOf(fd);
  if (size === undefined) {
    setNonblocking(fd.raw, true);
    done(new Stream(fd, accessMode(fd.raw), parts.room));
  } else if (size === 0) {
    done(new Opaque(fd));
  } else {
    sealSize(fd.raw);
    parts.requests.share(fd.raw, (grant) => {
      if (grant !== undefined) {
        done(memoryOf(fd, grant, parts));
      } else {
        copy(fd, size, parts, done);
      }
    });
  }
}

/** Bytes of what has a size; undefined for what has none. */
function sizeOf(fd: OwnedFd): number | undefined {
  try {
    return fileSize(fd.raw);
  } catch (error) {
    if (error instanceof SysError) {
      return undefined;
    }
    throw error;
  }
}

function memoryOf(fd: OwnedFd, grant: Grant, { requests }: VfdParts): Memory {
  return new Memory(fd, grant, () => requests.release(grant.region));
}

function copy(fd: OwnedFd, size: number, parts: VfdParts, done: (vfd: Vfd) => void): void {
  if (size > MAX_COPY_BYTES) {
    done(new Opaque(fd));
    return;
  }
  parts.requests.allocate(size, (grant) => {
    if (grant?.fd === undefined) {
      done(new Opaque(fd));
      return;
    }
    const memory = memoryOf(grant.fd, grant, parts);
    if (copied(fd, grant.fd, size)) {
      fd.close();
      done(memory);
    } else {
      memory.close();
      done(new Opaque(fd));
    }
  });
}

/** Whether all of a file could be copied. */
function copied(from: OwnedFd, to: OwnedFd, size: number): boolean {
  let done = 0;
  while (done < size) {
    const bytes = sendfileRaw(to.raw, from.raw, done, size - done);
    if (bytes <= 0) {
      return false;
    }
    done += bytes;
  }
  return true;
}

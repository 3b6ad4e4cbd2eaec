import { constants } from 'node:fs';

import { fileKind, openFile, OwnedFd } from '@crosvm/sys-util';

/**
 * A descriptor of our own for the file, pipe or terminal behind `fd`, which stays the caller's. For pipes
 * and terminals it is a non-blocking one: the flag belongs to the open file, and the one behind `fd` may
 * be shared with the user's shell, so it is opened again. Where that is not possible, it is a plain
 * duplicate. It needs /proc, so it is for whoever hands the descriptor to a back end.
 * @throws SysError EBADF, EMFILE
 */
export function openOutput(fd: number): OwnedFd {
  const kind = fileKind(fd);
  if (kind === 'pipe' || kind === 'character device') {
    try {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      return openFile(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    } catch {
      // No permission on a terminal after su; no reader on a pipe; no /proc.
    }
  }
  return OwnedFd.duplicate(fd);
}

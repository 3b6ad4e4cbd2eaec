import { type AccessMode, Errno, type OwnedFd, readRaw, writevRaw } from '@crosvm/sys-util';
import { VIRTIO_WL_VFD_READ, VIRTIO_WL_VFD_WRITE } from '@crosvm/virtio-sys';

import type { BufferList } from '../queue/buffer-list';
import { MAX_DATA_BYTES } from './message';
import type { Room } from './room';
import { END, NOTHING, type Received, type Vfd, type Waited } from './vfd';

/** Most bytes that are written at once. */
const WRITE_BYTES = 64 * 1024;

/** A pipe, or anything else that is read and written in order. */
export class Stream implements Vfd {
  readonly address = 0;
  readonly size = 0;
  readonly waited: Waited;

  /**
   * @param local what the guest reads or writes; never waiting; taken over
   * @param mode which of these
   * @param remote the other end, as long as it is here; taken over
   */
  constructor(
    private readonly local: OwnedFd,
    private readonly mode: AccessMode,
    private readonly room: Room,
    private readonly remote?: OwnedFd,
  ) {
    this.waited = { fd: local.raw, reads: mode.reads };
  }

  get takesFds(): false | undefined {
    return this.mode.writes ? false : undefined;
  }

  /** Of a pipe that the guest made, the other end; of what came from the compositor, that itself. */
  get outgoing(): number | undefined {
    if (this.remote === undefined) {
      return this.local.raw;
    }
    return this.remote.closed ? undefined : this.remote.raw;
  }

  flags(transition: boolean): number {
    const { reads, writes } = this.mode;
    return transition ? (reads ? VIRTIO_WL_VFD_READ : 0) | (writes ? VIRTIO_WL_VFD_WRITE : 0) : 0;
  }

  /** Whoever has the other end now is the only one, so that its end is seen. */
  sent(): void {
    this.remote?.close();
  }

  send(data: BufferList, from: number): number {
    const { iovecs } = this.room;
    data.select(from, Math.min(data.total - from, WRITE_BYTES), iovecs);
    return writevRaw(this.local.raw, iovecs);
  }

  receive(): Received {
    if (!this.mode.reads) {
      return NOTHING;
    }
    const { data } = this.room;
    // SAFETY: the mapping has room for as many bytes.
    const length = readRaw(this.local.raw, data.address, MAX_DATA_BYTES);
    if (length > 0) {
      return { kind: 'data', data: data.bytes.slice(0, length), fds: [] };
    }
    return length === -Errno.EAGAIN || length === -Errno.EINTR ? NOTHING : END;
  }

  close(): void {
    this.local.close();
    this.remote?.close();
  }
}

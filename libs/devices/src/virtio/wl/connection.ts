import { Errno, type OwnedFd } from '@crosvm/sys-util';
import { VIRTIO_WL_VFD_CONTROL, VIRTIO_WL_VFD_READ, VIRTIO_WL_VFD_WRITE } from '@crosvm/virtio-sys';

import type { BufferList } from '../queue/buffer-list';
import { MAX_DATA_BYTES } from './message';
import type { Room } from './room';
import { END, NOTHING, type Received, type Vfd, type Waited } from './vfd';

/** A connection to a compositor. */
export class Connection implements Vfd {
  readonly address = 0;
  readonly size = 0;
  readonly takesFds = true;
  readonly waited: Waited;

  /** @param socket connected, and never waiting; taken over */
  constructor(
    private readonly socket: OwnedFd,
    private readonly room: Room,
  ) {
    this.waited = { fd: socket.raw, reads: true };
  }

  get outgoing(): number {
    return this.socket.raw;
  }

  flags(transition: boolean): number {
    return transition ? VIRTIO_WL_VFD_WRITE | VIRTIO_WL_VFD_READ : VIRTIO_WL_VFD_CONTROL;
  }

  sent(): void {
    // It is still ours, too.
  }

  send(data: BufferList, from: number, fds: readonly number[]): number {
    const { stream, view } = this.room;
    const length = data.read(from, Math.min(data.total - from, view.byteLength), view);
    return stream.send(this.socket.raw, length, fds);
  }

  receive(): Received {
    const { stream } = this.room;
    const { length, fds } = stream.receive(this.socket.raw, MAX_DATA_BYTES);
    if (length > 0) {
      return { kind: 'data', data: stream.bytes.slice(0, length), fds };
    }
    return length === -Errno.EAGAIN || length === -Errno.EINTR ? NOTHING : END;
  }

  close(): void {
    this.socket.close();
  }
}

import { Iovecs, Mapping, StreamBuffer } from '@crosvm/sys-util';
import { VIRTWL_SEND_MAX_ALLOCS } from '@crosvm/virtio-sys';

import { MAX_DATA_BYTES } from './message';

/** Most buffers of a chain: as many descriptors as the queue has. */
const MAX_BUFFERS = 16;

/** Most bytes that are sent to a compositor at once. */
const SEND_BYTES = 16 * 1024;

/** Room for what passes through a device, which all of its vfds use by turns. */
export class Room implements Disposable {
  /** For connections. A compositor sends no more descriptors at once than a guest. */
  readonly stream = new StreamBuffer(SEND_BYTES, VIRTWL_SEND_MAX_ALLOCS);
  /** For what is read from pipes. */
  readonly data = Mapping.anonymous(MAX_DATA_BYTES);
  /** For what is written to pipes. */
  readonly iovecs = new Iovecs(MAX_BUFFERS);
  /** The stream's bytes. */
  readonly view: DataView;

  constructor() {
    const { buffer, byteOffset, length } = this.stream.bytes;
    this.view = new DataView(buffer, byteOffset, length);
  }

  [Symbol.dispose](): void {
    this.stream[Symbol.dispose]();
    this.data.unmap();
  }
}

import { Errno, type OwnedFd } from '@crosvm/sys-util';
import { VIRTIO_WL_VFD_MAP, VIRTIO_WL_VFD_WRITE } from '@crosvm/virtio-sys';

import type { GrantedMemory } from '../../memory-requests/messages';
import { NOTHING, type Received, type Vfd } from './vfd';

/** What is neither read nor written through messages. */
abstract class Silent implements Vfd {
  abstract readonly address: number;
  abstract readonly size: number;
  readonly takesFds = undefined;
  readonly waited = undefined;

  constructor(protected readonly fd: OwnedFd) {}

  get outgoing(): number {
    return this.fd.raw;
  }

  abstract flags(transition: boolean): number;

  sent(): void {
    // It is still ours, too.
  }

  send(): number {
    return -Errno.EINVAL;
  }

  receive(): Received {
    return NOTHING;
  }

  close(): void {
    this.fd.close();
  }
}

/** Memory that the guest sees, and that can be sent. */
export class Memory extends Silent {
  readonly address: number;
  readonly size: number;
  readonly #release: () => void;

  /**
   * @param fd taken over
   * @param release is called when the guest is to see it no longer
   */
  constructor(fd: OwnedFd, { address, size }: GrantedMemory, release: () => void) {
    super(fd);
    this.address = address;
    this.size = size;
    this.#release = release;
  }

  flags(transition: boolean): number {
    return transition ? 0 : VIRTIO_WL_VFD_WRITE | VIRTIO_WL_VFD_MAP;
  }

  override close(): void {
    super.close();
    this.#release();
  }
}

/** What the guest can do nothing with but send it back. */
export class Opaque extends Silent {
  readonly address = 0;
  readonly size = 0;

  flags(): number {
    return 0;
  }
}

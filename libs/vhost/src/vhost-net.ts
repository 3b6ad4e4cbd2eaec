import { ioctl } from '@crosvm/sys-util';
import { VHOST_NET_SET_BACKEND, vhost_vring_file } from '@crosvm/virtio-sys';

import { openVhost, VhostDevice } from './vhost-device';

/** In place of a descriptor: none. VHOST_FILE_UNBIND. */
const NO_FD = -1;

/** A pair of queues of a network card that the kernel serves: 0 receives, 1 sends. */
export class VhostNet extends VhostDevice {
  /**
   * Opens vhost-net, for one pair of queues.
   * @throws VhostError MISSING, NO_PERMISSION, NOT_VHOST
   */
  static open(path = '/dev/vhost-net'): VhostNet {
    return new VhostNet(openVhost(path, 'vhost_net'));
  }

  /**
   * Starts queue `index` with a TAP interface, or stops it: when this returns, none of its buffers is
   * used any more.
   * @throws SysError EFAULT if the queue is not set up; EBADFD, ENOTSOCK for what is no interface
   */
  setBackend(index: number, tapFd: number | undefined): void {
    const file = vhost_vring_file.from({ index, fd: tapFd ?? NO_FD });
    ioctl(this.raw, VHOST_NET_SET_BACKEND, file);
  }
}

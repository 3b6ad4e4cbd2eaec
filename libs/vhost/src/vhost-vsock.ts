import { ioctl } from '@crosvm/sys-util';
import { VHOST_VSOCK_SET_GUEST_CID, VHOST_VSOCK_SET_RUNNING } from '@crosvm/virtio-sys';

import { openVhost, VhostDevice } from './vhost-device';
import { cidError } from './vhost-error';

/** Sockets between guest and host that the kernel serves: queue 0 receives, 1 sends. */
export class VhostVsock extends VhostDevice {
  /**
   * Opens vhost-vsock, for one guest.
   * @throws VhostError MISSING, NO_PERMISSION, NOT_VHOST
   */
  static open(path = '/dev/vhost-vsock'): VhostVsock {
    return new VhostVsock(openVhost(path, 'vhost_vsock'));
  }

  /**
   * The guest's address, which is its own until the device is closed.
   * @param cid from 3 to 2^32-2
   * @throws VhostError CID_TAKEN, BAD_CID
   */
  setGuestCid(cid: number): void {
    const argument = new Uint8Array(BigUint64Array.of(BigInt(cid)).buffer);
    try {
      ioctl(this.raw, VHOST_VSOCK_SET_GUEST_CID, argument);
    } catch (cause) {
      throw cidError(cid, cause);
    }
  }

  /**
   * Starts both queues, or stops them: when this returns, none of their buffers is used any more.
   * @throws SysError EFAULT if a queue is not set up
   */
  setRunning(running: boolean): void {
    const argument = new Uint8Array(Int32Array.of(running ? 1 : 0).buffer);
    ioctl(this.raw, VHOST_VSOCK_SET_RUNNING, argument);
  }
}

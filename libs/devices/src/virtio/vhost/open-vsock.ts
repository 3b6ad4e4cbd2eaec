import type { OwnedFd } from '@crosvm/sys-util';
import { VhostVsock } from '@crosvm/vhost';
import { VIRTIO_VSOCK_F_SEQPACKET } from '@crosvm/virtio-sys';

import { hasFeature } from '../features';
import type { VsockConfig } from './vsock';

/** A vhost-vsock device that is open and has the guest's address, for the `vhostVsock` module. */
export interface OpenVsock extends Disposable {
  readonly config: VsockConfig;
  /** The address is the guest's as long as one of these, or of its duplicates, is open. */
  readonly fds: readonly OwnedFd[];
}

/**
 * Opens the kernel's side of sockets between guest and host, and takes the guest's address.
 * @param path default `/dev/vhost-vsock`
 * @throws VhostError
 */
export function openVsock(cid: number, path?: string): OpenVsock {
  const device = VhostVsock.open(path);
  try {
    device.setGuestCid(cid);
    const config = { cid, seqpacket: hasFeature(device.features, VIRTIO_VSOCK_F_SEQPACKET) };
    return { config, fds: [device.release()], [Symbol.dispose]: () => device.close() };
  } catch (error) {
    device.close();
    throw error;
  }
}

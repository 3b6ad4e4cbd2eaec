import { addr64, struct, u32 } from '@crosvm/data-model';

/*
 * Sockets between guest and host. Source: linux/virtio_vsock.h, linux/vm_sockets.h; virtio 1.2, 5.10.
 */

/** Feature: SOCK_SEQPACKET. */
export const VIRTIO_VSOCK_F_SEQPACKET = 1;

/** The device configuration: the address of the guest, of which virtio uses 32 bits. */
export const virtio_vsock_config = struct(
  'virtio_vsock_config',
  {
    guest_cid: addr64,
  },
  { packed: true },
);

/** `virtio_vsock_event.id`: all connections are gone, and the address may have changed. */
export const VIRTIO_VSOCK_EVENT_TRANSPORT_RESET = 0;

/** What the device tells on the event queue. */
export const virtio_vsock_event = struct(
  'virtio_vsock_event',
  {
    id: u32,
  },
  { packed: true },
);

/** The address of the host. */
export const VMADDR_CID_HOST = 2;
/** Any address. */
export const VMADDR_CID_ANY = 0xffff_ffff;

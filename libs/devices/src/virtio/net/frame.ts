import { ETH_HLEN } from '@crosvm/net-sys';
import { virtio_net_hdr_v1 } from '@crosvm/virtio-sys';

/** Bytes before each frame, of the queues and of the TAP interface: virtio 1.2, 5.1.6. */
export const HEADER_BYTES = virtio_net_hdr_v1.size;

/** Where `num_buffers` is in the header. */
export const NUM_BUFFERS_AT = virtio_net_hdr_v1.offsetOf('num_buffers');

/** Bytes of a VLAN's tag. IEEE 802.1Q. */
const VLAN_BYTES = 4;

/** Most bytes of an IP packet. */
const MAX_PACKET = 65_535;

/**
 * Most bytes of a frame with its header: what the host puts into one, and more than any that it takes
 * (virtio 1.2, 5.1.6.3.1 counts 65562 without the tag).
 */
export const MAX_FRAME_BYTES = HEADER_BYTES + ETH_HLEN + VLAN_BYTES + MAX_PACKET + 1;

/** Least bytes of a frame with its header. */
export const MIN_FRAME_BYTES = HEADER_BYTES + ETH_HLEN;

/** Bytes of a frame with its header that has a packet of up to `mtu` bytes. */
export function frameBytes(mtu: number): number {
  return Math.min(HEADER_BYTES + ETH_HLEN + VLAN_BYTES + mtu, MAX_FRAME_BYTES);
}

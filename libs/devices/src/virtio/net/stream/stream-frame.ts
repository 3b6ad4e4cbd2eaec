import { ETH_HLEN } from '@crosvm/net-sys';

/*
 * Frames as a stream has them, as passt and QEMU's stream back end do: the length in 4 bytes, the most
 * significant first, and then the frame, without any header of virtio's.
 */

/** Bytes of a length. */
export const LENGTH_BYTES = 4;

/** Least bytes of a frame. */
export const MIN_STREAM_FRAME = ETH_HLEN;

/** Most bytes of a frame: ETH_MAX_MTU of linux/if_ether.h, which is what passt takes. */
export const MAX_STREAM_FRAME = 65_535;

/** The largest packet in such a frame, in whole words of 4 bytes, as passt counts it. */
export const MAX_STREAM_MTU = (MAX_STREAM_FRAME - ETH_HLEN) & ~3;

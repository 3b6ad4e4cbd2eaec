import { ior, iow, struct, u16 } from '@crosvm/data-model';

/*
 * TUN and TAP interfaces. Source: linux/if_tun.h; Documentation/networking/tuntap.rst.
 */

/** The ioctl group of /dev/net/tun. */
const TUN_GROUP = 0x54;
const INT_BYTES = 4;

/** `ifru_flags` of TUNSETIFF: packets without an Ethernet header. */
export const IFF_TUN = 0x0001;
/** `ifru_flags` of TUNSETIFF: Ethernet frames. */
export const IFF_TAP = 0x0002;
/** `ifru_flags` of TUNSETIFF: frames are received in the reader's context. */
export const IFF_NAPI = 0x0010;
/** `ifru_flags` of TUNSETIFF: frames in fragments, for fuzzing. */
export const IFF_NAPI_FRAGS = 0x0020;
/** `ifru_flags` of TUNSETIFF: begin without a carrier. */
export const IFF_NO_CARRIER = 0x0040;
/** `ifru_flags` of TUNSETIFF: several descriptors, a queue each. */
export const IFF_MULTI_QUEUE = 0x0100;
/** `ifru_flags` of TUNSETQUEUE: the queue is used. */
export const IFF_ATTACH_QUEUE = 0x0200;
/** `ifru_flags` of TUNSETQUEUE: the queue is not used. */
export const IFF_DETACH_QUEUE = 0x0400;
/** `ifru_flags` of TUNGETIFF: the interface stays when nobody has it open. */
export const IFF_PERSIST = 0x0800;
/** `ifru_flags` of TUNSETIFF: no `tun_pi` before each packet. */
export const IFF_NO_PI = 0x1000;
/** `ifru_flags` of TUNSETIFF: no effect any more. */
export const IFF_ONE_QUEUE = 0x2000;
/** `ifru_flags` of TUNSETIFF: a `virtio_net_hdr` before each packet. */
export const IFF_VNET_HDR = 0x4000;
/** `ifru_flags` of TUNSETIFF: make the interface; EBUSY if there is one. */
export const IFF_TUN_EXCL = 0x8000;

/** TUNSETOFFLOAD: the reader takes packets without checksums. */
export const TUN_F_CSUM = 0x01;
/** TUNSETOFFLOAD: the reader takes segments of TCP over IPv4 in one. */
export const TUN_F_TSO4 = 0x02;
/** TUNSETOFFLOAD: the reader takes segments of TCP over IPv6 in one. */
export const TUN_F_TSO6 = 0x04;
/** TUNSETOFFLOAD: the same with ECN bits. */
export const TUN_F_TSO_ECN = 0x08;
/** TUNSETOFFLOAD: the reader takes fragments of UDP in one. */
export const TUN_F_UFO = 0x10;
/** TUNSETOFFLOAD: the reader takes segments of UDP over IPv4 in one. Linux 6.2. */
export const TUN_F_USO4 = 0x20;
/** TUNSETOFFLOAD: the reader takes segments of UDP over IPv6 in one. Linux 6.2. */
export const TUN_F_USO6 = 0x40;

/** What is before each packet without IFF_NO_PI. */
export const tun_pi = struct('tun_pi', {
  flags: u16,
  /** In network byte order. */
  proto: u16,
});

/** Makes an interface, or attaches a queue to it; takes an `ifreq`, whatever its number says. */
export const TUNSETIFF = iow('TUNSETIFF', TUN_GROUP, 202, INT_BYTES);
/** Whether the interface stays when nobody has it open; the argument is the value. */
export const TUNSETPERSIST = iow('TUNSETPERSIST', TUN_GROUP, 203, INT_BYTES);
/** The user who may open the interface; the argument is the value. */
export const TUNSETOWNER = iow('TUNSETOWNER', TUN_GROUP, 204, INT_BYTES);
/** The group that may open the interface; the argument is the value. */
export const TUNSETGROUP = iow('TUNSETGROUP', TUN_GROUP, 206, INT_BYTES);
/** Which IFF_ flags the kernel knows. */
export const TUNGETFEATURES = ior('TUNGETFEATURES', TUN_GROUP, 207, INT_BYTES);
/** What the reader takes, TUN_F_*; the argument is the value. */
export const TUNSETOFFLOAD = iow('TUNSETOFFLOAD', TUN_GROUP, 208, INT_BYTES);
/** Name and flags of the interface; fills an `ifreq`, whatever its number says. */
export const TUNGETIFF = ior('TUNGETIFF', TUN_GROUP, 210, INT_BYTES);
/** Most bytes that are on their way from the writer. */
export const TUNGETSNDBUF = ior('TUNGETSNDBUF', TUN_GROUP, 211, INT_BYTES);
/** Most bytes that may be on their way from the writer. */
export const TUNSETSNDBUF = iow('TUNSETSNDBUF', TUN_GROUP, 212, INT_BYTES);
/** Bytes of the header before each packet. */
export const TUNGETVNETHDRSZ = ior('TUNGETVNETHDRSZ', TUN_GROUP, 215, INT_BYTES);
/** Sets the bytes of the header before each packet. */
export const TUNSETVNETHDRSZ = iow('TUNSETVNETHDRSZ', TUN_GROUP, 216, INT_BYTES);
/** Attaches or detaches the descriptor's queue; takes an `ifreq`, whatever its number says. */
export const TUNSETQUEUE = iow('TUNSETQUEUE', TUN_GROUP, 217, INT_BYTES);
/** Sets whether the header is little-endian. */
export const TUNSETVNETLE = iow('TUNSETVNETLE', TUN_GROUP, 220, INT_BYTES);
/** Whether the header is little-endian. */
export const TUNGETVNETLE = ior('TUNGETVNETLE', TUN_GROUP, 221, INT_BYTES);
/** Whether the interface has a carrier. */
export const TUNSETCARRIER = iow('TUNSETCARRIER', TUN_GROUP, 226, INT_BYTES);

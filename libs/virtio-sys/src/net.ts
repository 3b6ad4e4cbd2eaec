import { bytes, flexible, struct, u16, u32, u8 } from '@crosvm/data-model';

/*
 * Network cards. Source: linux/virtio_net.h; virtio 1.2, 5.1.
 */

/** Feature: the device completes checksums. */
export const VIRTIO_NET_F_CSUM = 0;
/** Feature: the driver takes packets without checksums. */
export const VIRTIO_NET_F_GUEST_CSUM = 1;
/** Feature: what the driver takes can be changed by a command. */
export const VIRTIO_NET_F_CTRL_GUEST_OFFLOADS = 2;
/** Feature: `mtu` holds. */
export const VIRTIO_NET_F_MTU = 3;
/** Feature: `mac` holds. */
export const VIRTIO_NET_F_MAC = 5;
/** Feature: the driver takes segments of TCP over IPv4 in one. */
export const VIRTIO_NET_F_GUEST_TSO4 = 7;
/** Feature: the driver takes segments of TCP over IPv6 in one. */
export const VIRTIO_NET_F_GUEST_TSO6 = 8;
/** Feature: the driver takes such segments with ECN. */
export const VIRTIO_NET_F_GUEST_ECN = 9;
/** Feature: the driver takes fragments of UDP in one. */
export const VIRTIO_NET_F_GUEST_UFO = 10;
/** Feature: the device takes segments of TCP over IPv4 in one. */
export const VIRTIO_NET_F_HOST_TSO4 = 11;
/** Feature: the device takes segments of TCP over IPv6 in one. */
export const VIRTIO_NET_F_HOST_TSO6 = 12;
/** Feature: the device takes such segments with ECN. */
export const VIRTIO_NET_F_HOST_ECN = 13;
/** Feature: the device takes fragments of UDP in one. */
export const VIRTIO_NET_F_HOST_UFO = 14;
/** Feature: a packet may be received into several buffers. */
export const VIRTIO_NET_F_MRG_RXBUF = 15;
/** Feature: `status` holds. */
export const VIRTIO_NET_F_STATUS = 16;
/** Feature: a control queue. */
export const VIRTIO_NET_F_CTRL_VQ = 17;
/** Feature: commands for what is received. */
export const VIRTIO_NET_F_CTRL_RX = 18;
/** Feature: commands for what VLANs are received. */
export const VIRTIO_NET_F_CTRL_VLAN = 19;
/** Feature: more commands for what is received. */
export const VIRTIO_NET_F_CTRL_RX_EXTRA = 20;
/** Feature: the driver can announce itself to the network. */
export const VIRTIO_NET_F_GUEST_ANNOUNCE = 21;
/** Feature: more than one pair of queues. */
export const VIRTIO_NET_F_MQ = 22;
/** Feature: a command that sets the MAC address. */
export const VIRTIO_NET_F_CTRL_MAC_ADDR = 23;
/** Feature: the driver takes segments of UDP over IPv4 in one. Virtio 1.3; not in every header. */
export const VIRTIO_NET_F_GUEST_USO4 = 54;
/** Feature: the driver takes segments of UDP over IPv6 in one. Virtio 1.3; not in every header. */
export const VIRTIO_NET_F_GUEST_USO6 = 55;
/** Feature: the device takes segments of UDP in one. Virtio 1.3; not in every header. */
export const VIRTIO_NET_F_HOST_USO = 56;

/** In `status`: there is a link. */
export const VIRTIO_NET_S_LINK_UP = 1;
/** In `status`: the driver is to announce itself. */
export const VIRTIO_NET_S_ANNOUNCE = 2;

/** The device configuration of a network card. */
export const virtio_net_config = struct(
  'virtio_net_config',
  {
    mac: bytes(6),
    /** VIRTIO_NET_S_*. */
    status: u16,
    max_virtqueue_pairs: u16,
    /** Bytes. */
    mtu: u16,
    /** Mbit/s; -1 is not known. */
    speed: u32,
    duplex: u8,
    rss_max_key_size: u8,
    rss_max_indirection_table_length: u16,
    supported_hash_types: u32,
  },
  { packed: true },
);

/** In `virtio_net_hdr.flags`: the checksum is to be completed. */
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
/** In `virtio_net_hdr.flags`: the checksum was looked at and is right. */
export const VIRTIO_NET_HDR_F_DATA_VALID = 2;
/** `virtio_net_hdr.gso_type`: an ordinary packet. */
export const VIRTIO_NET_HDR_GSO_NONE = 0;
/** `virtio_net_hdr.gso_type`: segments of TCP over IPv4. */
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
/** `virtio_net_hdr.gso_type`: fragments of UDP. */
export const VIRTIO_NET_HDR_GSO_UDP = 3;
/** `virtio_net_hdr.gso_type`: segments of TCP over IPv6. */
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;
/** `virtio_net_hdr.gso_type`: segments of UDP. Virtio 1.3; not in every header. */
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;
/** In `virtio_net_hdr.gso_type`: TCP with ECN. */
export const VIRTIO_NET_HDR_GSO_ECN = 0x80;

const headerFields = {
  /** VIRTIO_NET_HDR_F_*. */
  flags: u8,
  /** VIRTIO_NET_HDR_GSO_*. */
  gso_type: u8,
  /** Bytes of the headers of Ethernet, IP and TCP or UDP. */
  hdr_len: u16,
  /** Bytes of each segment behind the headers. */
  gso_size: u16,
  csum_start: u16,
  csum_offset: u16,
};

/** What is before each packet of a legacy device, and by default of a TAP interface. */
export const virtio_net_hdr = struct('virtio_net_hdr', headerFields);

/** What is before each packet. */
export const virtio_net_hdr_v1 = struct('virtio_net_hdr_v1', {
  ...headerFields,
  /** Buffers that the packet was received into. */
  num_buffers: u16,
});

/** The first bytes of a command. */
export const virtio_net_ctrl_hdr = struct(
  'virtio_net_ctrl_hdr',
  {
    /** VIRTIO_NET_CTRL_*. */
    class: u8,
    cmd: u8,
  },
  { packed: true },
);

/** The answer to a command: done. */
export const VIRTIO_NET_OK = 0;
/** The answer to a command: not done. */
export const VIRTIO_NET_ERR = 1;

/** Class: what is received. A byte: off or on. */
export const VIRTIO_NET_CTRL_RX = 0;
/** Everything. */
export const VIRTIO_NET_CTRL_RX_PROMISC = 0;
/** All multicasts. */
export const VIRTIO_NET_CTRL_RX_ALLMULTI = 1;
/** All unicasts. */
export const VIRTIO_NET_CTRL_RX_ALLUNI = 2;
/** No multicasts. */
export const VIRTIO_NET_CTRL_RX_NOMULTI = 3;
/** No unicasts. */
export const VIRTIO_NET_CTRL_RX_NOUNI = 4;
/** No broadcasts. */
export const VIRTIO_NET_CTRL_RX_NOBCAST = 5;

/** Class: MAC addresses. */
export const VIRTIO_NET_CTRL_MAC = 1;
/** Two tables, of unicast and of multicast addresses. */
export const VIRTIO_NET_CTRL_MAC_TABLE_SET = 0;
/** The address of the card. */
export const VIRTIO_NET_CTRL_MAC_ADDR_SET = 1;

/** A table of MAC addresses. */
export const virtio_net_ctrl_mac = struct(
  'virtio_net_ctrl_mac',
  {
    entries: u32,
    macs: flexible(bytes(6)),
  },
  { packed: true },
);

/** Class: VLANs that are received. A number of 16 bits. */
export const VIRTIO_NET_CTRL_VLAN = 2;
/** One more. */
export const VIRTIO_NET_CTRL_VLAN_ADD = 0;
/** One less. */
export const VIRTIO_NET_CTRL_VLAN_DEL = 1;

/** Class: announcements. */
export const VIRTIO_NET_CTRL_ANNOUNCE = 3;
/** The driver has seen VIRTIO_NET_S_ANNOUNCE. */
export const VIRTIO_NET_CTRL_ANNOUNCE_ACK = 0;

/** Class: pairs of queues. */
export const VIRTIO_NET_CTRL_MQ = 4;
/** How many pairs are used. */
export const VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET = 0;
/** Least pairs. */
export const VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MIN = 1;
/** Most pairs. */
export const VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX = 0x8000;

/** How many pairs of queues are to be used. */
export const virtio_net_ctrl_mq = struct('virtio_net_ctrl_mq', {
  virtqueue_pairs: u16,
});

/** Class: what the driver takes. A mask of VIRTIO_NET_F_GUEST_* features, 64 bits. */
export const VIRTIO_NET_CTRL_GUEST_OFFLOADS = 5;
/** Sets it. */
export const VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET = 0;

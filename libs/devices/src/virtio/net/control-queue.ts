import { ETH_ALEN } from '@crosvm/net-sys';
import { type Logger, RateLimited } from '@crosvm/sys-util';
import {
  VIRTIO_NET_CTRL_ANNOUNCE,
  VIRTIO_NET_CTRL_ANNOUNCE_ACK,
  VIRTIO_NET_CTRL_GUEST_OFFLOADS,
  VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET,
  VIRTIO_NET_CTRL_MAC,
  VIRTIO_NET_CTRL_MAC_ADDR_SET,
  VIRTIO_NET_CTRL_MAC_TABLE_SET,
  VIRTIO_NET_CTRL_MQ,
  VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET,
  VIRTIO_NET_CTRL_RX,
  VIRTIO_NET_CTRL_RX_ALLMULTI,
  VIRTIO_NET_CTRL_VLAN,
  VIRTIO_NET_CTRL_VLAN_DEL,
  VIRTIO_NET_ERR,
  VIRTIO_NET_F_CTRL_GUEST_OFFLOADS,
  VIRTIO_NET_F_CTRL_MAC_ADDR,
  VIRTIO_NET_F_CTRL_RX,
  VIRTIO_NET_F_CTRL_VLAN,
  VIRTIO_NET_F_GUEST_ANNOUNCE,
  VIRTIO_NET_F_MQ,
  VIRTIO_NET_OK,
  virtio_net_ctrl_hdr,
} from '@crosvm/virtio-sys';

import { hasFeature } from '../features';
import type { BufferList } from '../queue/buffer-list';
import type { DescriptorChain } from '../queue/descriptor-chain';
import type { ChainServer } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import { ChangeLimit } from './change-limit';

const HEADER_BYTES = virtio_net_ctrl_hdr.size;

/** The longest arguments of fixed length: the mask of offloads. */
const MAX_ARGUMENT = 8;

/** Bytes of the number of addresses before a table of them. */
const COUNT_BYTES = 4;

/** VLANs that there can be. IEEE 802.1Q. */
const VLANS = 4096;

/** The first byte of a MAC address: for many. IEEE 802, 8.2. */
const MULTICAST_BIT = 0x01;

/** What commands are about. Each returns whether it could be done. */
export interface CommandTarget {
  /** Uses so many pairs of queues; any number. */
  setPairs(pairs: number): boolean;
  /** The card has another MAC address, which is one. */
  setMac(mac: Uint8Array): boolean;
  /** The driver takes these packets: any mask of features. */
  setGuestOffloads(features: bigint): boolean;
  /** The driver has announced itself. */
  announced(): boolean;
}

/** The control queue of a network card. Virtio 1.2, 5.1.6.5. */
export class ControlQueue implements ChainServer {
  readonly #target: CommandTarget;
  readonly #mistakes: RateLimited;
  /** Of what the interface is told. */
  readonly #changes: ChangeLimit;
  readonly #header = new DataView(new ArrayBuffer(HEADER_BYTES));
  readonly #argument = new DataView(new ArrayBuffer(MAX_ARGUMENT));
  readonly #answer = new DataView(new ArrayBuffer(1));
  #features = 0n;

  constructor(target: CommandTarget, logger: Logger, changes = new ChangeLimit()) {
    this.#target = target;
    this.#changes = changes;
    this.#mistakes = new RateLimited(logger);
  }

  /** What was negotiated. */
  start(features: bigint): void {
    this.#features = features;
  }

  serve({ head, readable, writable }: DescriptorChain, queue: VirtQueue): void {
    const done = this.#run(readable);
    if (!done && this.#mistakes.allows()) {
      this.#mistakes.warn('the guest sent a command that is none, or cannot be done now');
    }
    this.#answer.setUint8(0, done ? VIRTIO_NET_OK : VIRTIO_NET_ERR);
    queue.addUsed(head, writable.write(0, 1, this.#answer));
  }

  #run(readable: BufferList): boolean {
    if (readable.read(0, HEADER_BYTES, this.#header) < HEADER_BYTES) {
      return false;
    }
    const command = this.#header.getUint8(1);
    switch (this.#header.getUint8(0)) {
      case VIRTIO_NET_CTRL_RX:
        return this.#setReceive(readable, command);
      case VIRTIO_NET_CTRL_MAC:
        return this.#setMac(readable, command);
      case VIRTIO_NET_CTRL_VLAN:
        return this.#setVlan(readable, command);
      case VIRTIO_NET_CTRL_ANNOUNCE:
        return (
          this.#has(VIRTIO_NET_F_GUEST_ANNOUNCE) &&
          command === VIRTIO_NET_CTRL_ANNOUNCE_ACK &&
          this.#target.announced()
        );
      case VIRTIO_NET_CTRL_MQ:
        return (
          this.#has(VIRTIO_NET_F_MQ) &&
          command === VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET &&
          this.#take(readable, 2) &&
          this.#changes.allows() &&
          this.#target.setPairs(this.#argument.getUint16(0, true))
        );
      case VIRTIO_NET_CTRL_GUEST_OFFLOADS:
        return (
          this.#has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) &&
          command === VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET &&
          this.#take(readable, 8) &&
          this.#changes.allows() &&
          this.#target.setGuestOffloads(this.#argument.getBigUint64(0, true))
        );
      default:
        return false;
    }
  }

  /** Everything is received whatever the driver says, which virtio 1.2, 5.1.6.5.1.1 leaves to us. */
  #setReceive(readable: BufferList, command: number): boolean {
    return (
      this.#has(VIRTIO_NET_F_CTRL_RX) &&
      command <= VIRTIO_NET_CTRL_RX_ALLMULTI &&
      this.#take(readable, 1)
    );
  }

  #setMac(readable: BufferList, command: number): boolean {
    switch (command) {
      case VIRTIO_NET_CTRL_MAC_TABLE_SET:
        return this.#has(VIRTIO_NET_F_CTRL_RX) && this.#areTables(readable);
      case VIRTIO_NET_CTRL_MAC_ADDR_SET:
        return (
          this.#has(VIRTIO_NET_F_CTRL_MAC_ADDR) &&
          this.#take(readable, ETH_ALEN) &&
          (this.#argument.getUint8(0) & MULTICAST_BIT) === 0 &&
          this.#target.setMac(new Uint8Array(this.#argument.buffer, 0, ETH_ALEN))
        );
      default:
        return false;
    }
  }

  /** As with #setReceive: frames for others are not kept from the guest. */
  #setVlan(readable: BufferList, command: number): boolean {
    return (
      this.#has(VIRTIO_NET_F_CTRL_VLAN) &&
      command <= VIRTIO_NET_CTRL_VLAN_DEL &&
      this.#take(readable, 2) &&
      this.#argument.getUint16(0, true) < VLANS
    );
  }

  /** Whether the arguments are two tables of addresses, and nothing else. */
  #areTables(readable: BufferList): boolean {
    let at = HEADER_BYTES;
    for (let table = 0; table < 2; table += 1) {
      if (readable.read(at, COUNT_BYTES, this.#argument) < COUNT_BYTES) {
        return false;
      }
      // Below 2^35: nothing is lost.
      at += COUNT_BYTES + this.#argument.getUint32(0, true) * ETH_ALEN;
      if (at > readable.total) {
        return false;
      }
    }
    return at === readable.total;
  }

  /** Whether the arguments are `length` bytes, which are taken. */
  #take(readable: BufferList, length: number): boolean {
    return (
      readable.total === HEADER_BYTES + length &&
      readable.read(HEADER_BYTES, length, this.#argument) === length
    );
  }

  #has(feature: number): boolean {
    return hasFeature(this.#features, feature);
  }
}

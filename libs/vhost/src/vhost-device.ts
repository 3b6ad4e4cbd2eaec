import { constants } from 'node:fs';

import type { HostAddress, Ioctl } from '@crosvm/data-model';
import { type GuestRegion, ioctl, openFile, OwnedFd } from '@crosvm/sys-util';
import {
  VHOST_GET_FEATURES,
  VHOST_GET_VRING_BASE,
  VHOST_RESET_OWNER,
  VHOST_SET_FEATURES,
  VHOST_SET_MEM_TABLE,
  VHOST_SET_OWNER,
  VHOST_SET_VRING_ADDR,
  VHOST_SET_VRING_BASE,
  VHOST_SET_VRING_CALL,
  VHOST_SET_VRING_ERR,
  VHOST_SET_VRING_KICK,
  VHOST_SET_VRING_NUM,
  vhost_memory,
  vhost_vring_addr,
  vhost_vring_file,
  vhost_vring_state,
} from '@crosvm/virtio-sys';

import { notVhostError, openVhostError } from './vhost-error';

/** In place of a descriptor: none. VHOST_FILE_UNBIND. */
const NO_FD = -1;

/** Where a queue is in this process. */
export interface VringAddresses {
  readonly desc: HostAddress;
  readonly avail: HostAddress;
  readonly used: HostAddress;
}

/**
 * A device whose virtqueues the kernel serves. It works with the memory of the process that called
 * `setOwner`, in a thread of that process, from when its queues are started until they are stopped.
 *
 *     setOwner, setFeatures, setMemory; of each queue: size, base, addresses, kick, call; start
 *
 * What the caller hands over as addresses stays mapped, and descriptors stay open, until then.
 */
export class VhostDevice implements Disposable {
  /** Stays the caller's if it was given as a number. */
  readonly #fd: OwnedFd | number;

  /** @param fd a descriptor to own, or the number of one that somebody else owns */
  constructor(fd: OwnedFd | number) {
    this.#fd = fd;
  }

  /** The descriptor's number. @throws Error after `close` */
  get raw(): number {
    return typeof this.#fd === 'number' ? this.#fd : this.#fd.raw;
  }

  /**
   * Makes this process the owner: addresses are its own.
   * @throws SysError EBUSY if there is an owner
   */
  setOwner(): void {
    ioctl(this.raw, VHOST_SET_OWNER);
  }

  /** Stops all, and forgets all. @throws SysError EPERM if another process is the owner */
  resetOwner(): void {
    ioctl(this.raw, VHOST_RESET_OWNER);
  }

  /** What the kernel can do: features of the device and of its queues. @throws SysError ENOTTY */
  get features(): bigint {
    const mask = new BigUint64Array(1);
    ioctl(this.raw, VHOST_GET_FEATURES, new Uint8Array(mask.buffer));
    return mask[0] ?? 0n;
  }

  /**
   * What was negotiated.
   * @throws SysError EOPNOTSUPP for what the kernel cannot do
   */
  setFeatures(features: bigint): void {
    ioctl(this.raw, VHOST_SET_FEATURES, new Uint8Array(BigUint64Array.of(features).buffer));
  }

  /**
   * Where guest memory is in this process. `GuestMemory.regions` has this shape.
   * @throws SysError E2BIG, EFAULT
   */
  setMemory(regions: readonly Pick<GuestRegion, 'at' | 'size' | 'host'>[]): void {
    // SAFETY: whoever owns the mappings keeps them, by the contract above.
    const table = vhost_memory.from({
      nregions: regions.length,
      regions: regions.map(({ at, size, host }) => ({
        guest_phys_addr: at,
        memory_size: size,
        userspace_addr: host,
      })),
    });
    ioctl(this.raw, VHOST_SET_MEM_TABLE, table);
  }

  /** How many descriptors queue `index` has. @throws SysError EBUSY if it is started, EINVAL */
  setVringSize(index: number, size: number): void {
    ioctl(this.raw, VHOST_SET_VRING_NUM, vhost_vring_state.from({ index, num: size }));
  }

  /** Which entry of the available ring comes next. @throws SysError EBUSY if it is started */
  setVringBase(index: number, base: number): void {
    ioctl(this.raw, VHOST_SET_VRING_BASE, vhost_vring_state.from({ index, num: base }));
  }

  /** Which entry of the available ring comes next. */
  vringBase(index: number): number {
    const state = vhost_vring_state.allocate();
    state.index = index;
    ioctl(this.raw, VHOST_GET_VRING_BASE, state.buffer);
    return state.num;
  }

  /** Where queue `index` is. @throws SysError EFAULT, EINVAL if that is not aligned */
  setVringAddresses(index: number, { desc, avail, used }: VringAddresses): void {
    // SAFETY: as for `setMemory`: the rings are guest memory, and checked to be.
    const addresses = { desc_user_addr: desc, avail_user_addr: avail, used_user_addr: used };
    ioctl(this.raw, VHOST_SET_VRING_ADDR, vhost_vring_addr.from({ index, ...addresses }));
  }

  /** The eventfd by which the driver notifies of queue `index`; none: it is polled no more. */
  setVringKick(index: number, eventFd: number | undefined): void {
    this.#setFile(VHOST_SET_VRING_KICK, index, eventFd);
  }

  /** The eventfd by which the driver is interrupted for queue `index`. */
  setVringCall(index: number, eventFd: number | undefined): void {
    this.#setFile(VHOST_SET_VRING_CALL, index, eventFd);
  }

  /** The eventfd that tells that queue `index` cannot be used as its driver set it up. */
  setVringError(index: number, eventFd: number | undefined): void {
    this.#setFile(VHOST_SET_VRING_ERR, index, eventFd);
  }

  /** Gives the descriptor away, or a duplicate of one that is somebody else's. */
  release(): OwnedFd {
    return typeof this.#fd === 'number' ? OwnedFd.duplicate(this.#fd) : this.#fd;
  }

  /** Closes the descriptor, if it is this one's. */
  close(): void {
    if (typeof this.#fd !== 'number') {
      this.#fd.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #setFile(def: Ioctl, index: number, fd: number | undefined): void {
    ioctl(this.raw, def, vhost_vring_file.from({ index, fd: fd ?? NO_FD }));
  }
}

/**
 * Opens the device of a module.
 * @throws VhostError MISSING, NO_PERMISSION, NOT_VHOST
 */
export function openVhost(path: string, module: string): OwnedFd {
  let fd: OwnedFd;
  try {
    fd = openFile(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw openVhostError(path, module, cause);
  }
  try {
    const features = new Uint8Array(VHOST_GET_FEATURES.size);
    ioctl(fd.raw, VHOST_GET_FEATURES, features);
    return fd;
  } catch (cause) {
    fd.close();
    throw notVhostError(path, cause);
  }
}

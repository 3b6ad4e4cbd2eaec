import { constants } from 'node:fs';

import type { Ioctl } from '@crosvm/data-model';
import {
  IFF_ATTACH_QUEUE,
  IFF_DETACH_QUEUE,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN_EXCL,
  IFF_VNET_HDR,
  ifreq,
  TUNGETFEATURES,
  TUNGETIFF,
  TUNGETVNETHDRSZ,
  TUNSETIFF,
  TUNSETOFFLOAD,
  TUNSETPERSIST,
  TUNSETQUEUE,
  TUNSETVNETHDRSZ,
} from '@crosvm/net-sys';
import { ioctl, openFile, type OwnedFd, setNonblocking, SysError } from '@crosvm/sys-util';

import { interfaceExists, nameOf, NetworkInterface, requestFor } from './interface';
import { attachError, configureError, openTunError, TapError } from './tap-error';

const TUN_PATH = '/dev/net/tun';

/** Frames with a `virtio_net_hdr` before each, and nothing else. */
const TAP_FLAGS = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;

/** How many queues to have. */
export interface TapOptions {
  /** Descriptors, each with a queue of its own; default 1. */
  readonly queues?: number;
  /** Where the driver is; default `/dev/net/tun`. */
  readonly path?: string;
}

/**
 * A TAP interface: what is written to its descriptors arrives at the host as Ethernet frames, and what
 * the host sends is read from them; before each frame is a `virtio_net_hdr`. Reads and writes never
 * wait. The interface is gone with the last descriptor, unless it is persistent.
 */
export class Tap implements Disposable {
  /** The interface as the host has it. */
  readonly interface: NetworkInterface;

  private constructor(
    /** A descriptor for each queue. */
    readonly fds: readonly OwnedFd[],
    name: string,
    /** Flags that it was made with, IFF_* of TUNSETIFF. */
    readonly flags: number,
  ) {
    this.interface = new NetworkInterface(name);
  }

  /**
   * Makes an interface that does not exist yet.
   * @param name a name, or a pattern with one `%d` for the first number that is free
   * @throws TapError NO_TUN, NO_PERMISSION, BAD_NAME, BUSY
   */
  static create(name = 'vmtap%d', options: TapOptions = {}): Tap {
    const { queues = 1 } = options;
    const multi = queues > 1 ? IFF_MULTI_QUEUE : 0;
    const [fd, made, flags] = attach(name, TAP_FLAGS | multi | IFF_TUN_EXCL, options);
    return Tap.#withQueues(fd, made, flags, options);
  }

  /**
   * Opens an interface that exists, as `ip tuntap add` makes them, or another program.
   * @throws TapError NO_TUN, NO_PERMISSION, BAD_NAME, NOT_FOUND, NOT_A_TAP, UNSUITABLE, BUSY
   */
  static open(name: string, options: TapOptions = {}): Tap {
    if (!interfaceExists(name)) {
      throw new TapError('NOT_FOUND', `there is no interface '${name}'`, {
        hint: `make it: sudo ip tuntap add mode tap user $USER name ${name}`,
      });
    }
    const { queues = 1 } = options;
    const [fd, made, flags] =
      queues > 1 ? attach(name, TAP_FLAGS | IFF_MULTI_QUEUE, options) : attachToAny(name, options);
    return Tap.#withQueues(fd, made, flags, options);
  }

  /**
   * Uses a descriptor of a TAP interface that somebody else made, which is taken over. More queues are
   * opened by the interface's name.
   * @throws TapError NOT_A_TAP, UNSUITABLE; NO_TUN, NO_PERMISSION with more queues
   */
  static adopt(fd: OwnedFd, options: TapOptions = {}): Tap {
    const { name, flags } = describe(fd);
    const { queues = 1 } = options;
    const missing = missingIn(flags, queues);
    if (missing !== undefined) {
      throw new TapError('UNSUITABLE', `interface '${name}' ${missing}`);
    }
    return Tap.#withQueues(fd, name, flags, options);
  }

  static #withQueues(first: OwnedFd, name: string, flags: number, options: TapOptions): Tap {
    const fds = [first];
    try {
      setNonblocking(first.raw, true);
      while (fds.length < (options.queues ?? 1)) {
        fds.push(attach(name, TAP_FLAGS | IFF_MULTI_QUEUE, options)[0]);
      }
      return new Tap(fds, name, flags & ~IFF_TUN_EXCL);
    } catch (error) {
      fds.forEach((fd) => fd.close());
      throw error;
    }
  }

  /** The interface's name. */
  get name(): string {
    return this.interface.name;
  }

  /** Which IFF_ flags of TUNSETIFF the kernel knows. */
  get features(): number {
    return readInt(this.#first, TUNGETFEATURES);
  }

  /** Bytes before each frame. */
  get vnetHeaderSize(): number {
    return readInt(this.#first, TUNGETVNETHDRSZ);
  }

  /** @throws TapError BAD_VALUE for fewer than a `virtio_net_hdr` has */
  set vnetHeaderSize(bytes: number) {
    const argument = new Uint8Array(Int32Array.of(bytes).buffer);
    this.#configure(`the header to ${bytes} bytes`, () =>
      ioctl(this.#first, TUNSETVNETHDRSZ, argument),
    );
  }

  /**
   * What the reader takes besides complete packets: TUN_F_*.
   * @throws TapError BAD_VALUE for what the kernel does not know
   */
  setOffload(offload: number): void {
    this.#configure(`the offloads to 0x${offload.toString(16)}`, () =>
      setTapOffload(this.#first, offload),
    );
  }

  /** Whether the kernel knows these offloads, TUN_F_*; sets them if so. */
  offers(offload: number): boolean {
    try {
      this.setOffload(offload);
      return true;
    } catch (error) {
      if (error instanceof TapError && error.code === 'BAD_VALUE') {
        return false;
      }
      throw error;
    }
  }

  /** Whether the interface stays when nobody has it open. @throws TapError NO_PERMISSION */
  setPersistent(persistent: boolean): void {
    this.#configure('whether it stays', () =>
      ioctl(this.#first, TUNSETPERSIST, persistent ? 1 : 0),
    );
  }

  /**
   * Whether the host sends frames to queue `index`, of an interface with several. What it sends is
   * distributed among those that take some.
   * @throws TapError BAD_VALUE if there is one queue only, or it is so already
   */
  setQueueEnabled(index: number, enabled: boolean): void {
    const fd = this.fds[index];
    if (fd === undefined) {
      throw new RangeError(`queue ${index} of ${this.fds.length}`);
    }
    this.#configure(`whether queue ${index} is used`, () => setQueueAttached(fd.raw, enabled));
  }

  /** Closes all descriptors. */
  close(): void {
    this.fds.forEach((fd) => fd.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #first(): number {
    return this.fds[0]?.raw ?? -1;
  }

  #configure(what: string, change: () => void): void {
    try {
      change();
    } catch (cause) {
      throw configureError(this.name, what, cause);
    }
  }
}

/** What a descriptor lacks that was opened with these flags; undefined if it lacks nothing. */
function missingIn(flags: number, queues: number): string | undefined {
  if ((flags & IFF_TAP) === 0) {
    return 'is a TUN interface, without Ethernet frames';
  }
  if ((flags & IFF_NO_PI) === 0) {
    return 'was opened without IFF_NO_PI';
  }
  if ((flags & IFF_VNET_HDR) === 0) {
    return 'was opened without IFF_VNET_HDR';
  }
  return queues > 1 && (flags & IFF_MULTI_QUEUE) === 0
    ? 'was opened without IFF_MULTI_QUEUE, so it has one queue'
    : undefined;
}

/**
 * Whether the host sends frames to the queue behind a TAP descriptor.
 * @throws SysError EINVAL if the interface has one queue only, or it is so already
 */
export function setQueueAttached(fd: number, attached: boolean): void {
  const request = ifreq.allocate();
  request.ifr_ifru.ifru_flags = attached ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
  ioctl(fd, TUNSETQUEUE, request.buffer);
}

/**
 * What the reader of a TAP descriptor takes besides complete packets: TUN_F_*.
 * @throws SysError EINVAL for what the kernel does not know
 */
export function setTapOffload(fd: number, offload: number): void {
  ioctl(fd, TUNSETOFFLOAD, offload);
}

/**
 * Opens the driver of TAP interfaces.
 * @throws TapError NO_TUN, NO_PERMISSION
 */
export function openTun(path = TUN_PATH): OwnedFd {
  try {
    return openFile(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw openTunError(path, cause);
  }
}

type Attached = readonly [fd: OwnedFd, name: string, flags: number];

/** @throws TapError */
function attach(
  name: string,
  flags: number,
  { queues = 1, path = TUN_PATH }: TapOptions,
): Attached {
  const request = requestFor(name);
  // A store takes the low 16 bits of what is signed there.
  request.ifr_ifru.ifru_flags = flags;
  const fd = openTun(path);
  try {
    ioctl(fd.raw, TUNSETIFF, request.buffer);
    return [fd, nameOf(request), flags];
  } catch (cause) {
    fd.close();
    throw attachError(name, queues, cause);
  }
}

/** One queue of an interface, which may have been made for several. */
function attachToAny(name: string, options: TapOptions): Attached {
  try {
    return attach(name, TAP_FLAGS, options);
  } catch (error) {
    if (error instanceof TapError && error.code === 'NOT_A_TAP') {
      return attach(name, TAP_FLAGS | IFF_MULTI_QUEUE, options);
    }
    throw error;
  }
}

/** @throws TapError NOT_A_TAP */
function describe(fd: OwnedFd): { name: string; flags: number } {
  const request = ifreq.allocate();
  try {
    ioctl(fd.raw, TUNGETIFF, request.buffer);
  } catch (cause) {
    const isTun = cause instanceof SysError && cause.code === 'EBADFD';
    const what = isTun ? 'has no interface yet' : 'is no TAP interface';
    throw new TapError('NOT_A_TAP', `descriptor ${fd.raw} ${what}`, { cause });
  }
  return { name: nameOf(request), flags: request.ifr_ifru.ifru_flags & 0xffff };
}

function readInt(fd: number, def: Ioctl): number {
  const value = new Int32Array(1);
  ioctl(fd, def, new Uint8Array(value.buffer));
  return value[0] ?? 0;
}

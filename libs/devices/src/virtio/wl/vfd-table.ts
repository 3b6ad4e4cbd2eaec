import { Epoll, POLL_READABLE, SysError } from '@crosvm/sys-util';
import { VFD_HOST_VFD_ID_BIT, VFD_ILLEGAL_SIGN_BIT } from '@crosvm/virtio-sys';

import type { Vfd } from './vfd';

/** Most vfds. A driver has ids for more; each takes up to two of the host's descriptors. */
export const MAX_VFDS = 400;

/** Vfds that may become ready with one look. */
const EVENTS_PER_LOOK = 16;

/** Whether a driver may give that id to a vfd. */
export function isGuestId(id: number): boolean {
  return id > 0 && id < VFD_HOST_VFD_ID_BIT;
}

/** All vfds of a guest by their ids, and the set of those that are waited for. */
export class VfdTable implements Disposable {
  readonly #vfds = new Map<number, Vfd>();
  readonly #waited = new Set<number>();
  /** Its tokens are ids. Its own descriptor is readable when one of them is ready. */
  readonly ready = Epoll.create(EVENTS_PER_LOOK);
  #nextHostId = VFD_HOST_VFD_ID_BIT;

  get(id: number): Vfd | undefined {
    return this.#vfds.get(id);
  }

  /** Whether there is room for so many more. */
  hasRoom(count: number): boolean {
    return this.#vfds.size + count <= MAX_VFDS;
  }

  /** Adds a vfd under an id that is free; there must be room. It is waited for from now on. */
  add(id: number, vfd: Vfd): void {
    this.#vfds.set(id, vfd);
    const { waited } = vfd;
    if (
      waited !== undefined &&
      canWait(() => this.ready.add(waited.fd, waited.reads ? POLL_READABLE : 0, id))
    ) {
      this.#waited.add(id);
    }
  }

  /** Adds a vfd that came from the host; there must be room. Returns its id. */
  addFromHost(vfd: Vfd): number {
    let id = this.#nextHostId;
    while (this.#vfds.has(id)) {
      id = nextHostId(id);
    }
    this.#nextHostId = nextHostId(id);
    this.add(id, vfd);
    return id;
  }

  /** Nothing is expected of a vfd any more. False if that was so before. */
  forget(id: number): boolean {
    const waited = this.#vfds.get(id)?.waited;
    if (waited === undefined || !this.#waited.delete(id)) {
      return false;
    }
    this.ready.remove(waited.fd);
    return true;
  }

  /** Closes a vfd; false if there is none. */
  close(id: number): boolean {
    const vfd = this.#vfds.get(id);
    this.forget(id);
    this.#vfds.delete(id);
    vfd?.close();
    return vfd !== undefined;
  }

  /** Closes all. */
  clear(): void {
    [...this.#vfds.keys()].forEach((id) => this.close(id));
    this.#nextHostId = VFD_HOST_VFD_ID_BIT;
  }

  [Symbol.dispose](): void {
    this.clear();
    this.ready[Symbol.dispose]();
  }
}

function nextHostId(id: number): number {
  return id + 1 < VFD_ILLEGAL_SIGN_BIT ? id + 1 : VFD_HOST_VFD_ID_BIT;
}

/** What cannot be waited for is not: whoever sent it knows why. */
function canWait(add: () => void): boolean {
  try {
    add();
    return true;
  } catch (error) {
    if (error instanceof SysError) {
      return false;
    }
    throw error;
  }
}

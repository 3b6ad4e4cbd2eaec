import {
  type OwnedFd,
  POLL_ERROR,
  POLL_HANG_UP,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  type RateLimited,
} from '@crosvm/sys-util';
import { VIRTWL_VQ_IN } from '@crosvm/virtio-sys';

import type { ActivationContext } from '../backend';
import { CHAINS_PER_WAKE } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import { adoptDescriptors, type VfdParts } from './adopt';
import { usesTransitionFlags } from './flags';
import { encodeHangUp, encodeNewVfd, encodeReceived } from './message';
import type { Vfd } from './vfd';
import type { VfdTable } from './vfd-table';

/** What the driver is to be told. */
interface Message {
  /** The vfd that it is about: when that is closed, it is not told any more. */
  readonly about: number;
  /** Vfds that nobody knows of who is not told. */
  readonly carries: readonly number[];
  readonly bytes: Uint8Array;
}

/** What a receiving half works with. */
export interface InQueueParts extends VfdParts {
  readonly table: VfdTable;
  readonly poller: Poller;
  readonly mistakes: RateLimited;
}

/**
 * Tells the driver what comes for its vfds.
 *
 * One message of one vfd is read, and told, before anything else is read; while the driver has no buffers
 * for it nothing is, so nothing piles up here: it stays where it came from.
 */
export class InQueue implements Disposable {
  readonly #parts: InQueueParts;
  readonly #registration: PollRegistration;
  #listening = false;
  #context: ActivationContext | undefined;
  #messages: Message[] = [];
  /** What came, while its descriptors are made vfds. */
  #adopting: object | undefined;

  /** @throws SysError */
  constructor(parts: InQueueParts) {
    this.#parts = parts;
    this.#registration = parts.poller.add(parts.table.ready.fd.raw, 0, () => this.#look());
  }

  /** The driver is ready. */
  start(context: ActivationContext): void {
    this.#context = context;
    this.#listen();
  }

  /** The driver is gone. */
  stop(): void {
    this.#context = undefined;
    this.#messages = [];
    this.#adopting = undefined;
    this.#listen();
  }

  /** The driver has given buffers, or there is something for it. */
  deliver(): void {
    const queue = this.#context?.queues[VIRTWL_VQ_IN];
    if (queue !== undefined) {
      this.#deliverTo(queue);
      if (queue.needsInterrupt()) {
        this.#context?.interrupt(VIRTWL_VQ_IN);
      }
      if (queue.broken !== undefined) {
        this.#context?.serve(VIRTWL_VQ_IN);
      }
    }
    this.#listen();
  }

  /** A vfd is being closed: nothing is told of it any more, nor of what came for it. */
  forget(id: number): void {
    const [gone, kept] = [true, false].map((isGone) =>
      this.#messages.filter(({ about }) => (about === id) === isGone),
    );
    this.#messages = kept ?? [];
    gone?.forEach(({ carries }) => this.#closeAll(carries));
    this.#listen();
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#registration.remove();
  }

  #deliverTo(queue: VirtQueue): void {
    queue.disableNotifications();
    for (let left = CHAINS_PER_WAKE; this.#messages.length > 0; left -= 1) {
      if (left === 0) {
        this.#context?.serve(VIRTWL_VQ_IN);
        return;
      }
      const chain = queue.pop();
      if (chain !== undefined) {
        const [{ bytes }] = this.#messages as [Message];
        const fits = chain.writable.total >= bytes.length;
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        queue.addUsed(chain.head, fits ? chain.writable.write(0, bytes.length, view) : 0);
        if (fits) {
          this.#messages.shift();
        } else if (this.#parts.mistakes.allows()) {
          this.#parts.mistakes.warn('the guest gave a buffer that is too small for a message');
        }
      } else if (!queue.enableNotifications()) {
        return;
      }
    }
  }

  /** Waits for vfds, unless there is something to be told before. */
  #listen(): void {
    const isFree = this.#messages.length === 0 && this.#adopting === undefined;
    const listening = this.#context !== undefined && isFree;
    if (listening !== this.#listening) {
      this.#listening = listening;
      this.#registration.setInterest(listening ? POLL_READABLE : 0);
    }
  }

  /** Takes from vfds that are ready; what is left is reported again. */
  #look(): void {
    const { ready } = this.#parts.table;
    const count = ready.wait(0);
    for (let index = 0; index < count && this.#listening; index += 1) {
      this.#take(ready.tokenAt(index), ready.eventsAt(index));
      this.deliver();
    }
  }

  #take(id: number, events: number): void {
    const received = this.#parts.table.get(id)?.receive();
    if (received?.kind === 'data') {
      if (received.fds.length > 0) {
        this.#adopt(id, received.fds, received.data);
      } else {
        this.#tellReceived(id, [], received.data);
      }
    } else if (received?.kind === 'end' || (events & (POLL_ERROR | POLL_HANG_UP)) !== 0) {
      this.#hangUp(id);
    }
  }

  #hangUp(id: number): void {
    if (this.#parts.table.forget(id)) {
      this.#messages.push({ about: id, carries: [], bytes: encodeHangUp(id) });
    }
  }

  #adopt(id: number, fds: readonly OwnedFd[], data: Uint8Array): void {
    const { table } = this.#parts;
    const owner = table.get(id);
    const adopting = {};
    this.#adopting = adopting;
    adoptDescriptors(fds, this.#parts, (vfds) => {
      const isWanted = this.#adopting === adopting;
      if (isWanted) {
        this.#adopting = undefined;
      }
      if (isWanted && table.get(id) === owner) {
        this.#tellAdopted(id, vfds, data);
      } else {
        vfds.forEach((vfd) => vfd.close());
      }
      this.deliver();
    });
  }

  #tellAdopted(id: number, vfds: readonly Vfd[], data: Uint8Array): void {
    const { table, mistakes } = this.#parts;
    if (!table.hasRoom(vfds.length)) {
      vfds.forEach((vfd) => vfd.close());
      if (mistakes.allows()) {
        mistakes.warn('the guest has as many vfds as it can have: a connection is lost');
      }
      this.#hangUp(id);
      return;
    }
    const transition = usesTransitionFlags(this.#context);
    const ids = vfds.map((vfd) => {
      const { address, size } = vfd;
      const own = table.addFromHost(vfd);
      const bytes = encodeNewVfd({ id: own, flags: vfd.flags(transition), address, size });
      this.#messages.push({ about: id, carries: [], bytes });
      return own;
    });
    this.#tellReceived(id, ids, data);
  }

  #tellReceived(id: number, ids: readonly number[], data: Uint8Array): void {
    this.#messages.push({ about: id, carries: ids, bytes: encodeReceived(id, ids, data) });
  }

  #closeAll(ids: readonly number[]): void {
    ids.forEach((id) => this.#parts.table.close(id));
  }
}

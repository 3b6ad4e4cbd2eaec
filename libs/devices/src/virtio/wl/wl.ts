import { RateLimited } from '@crosvm/sys-util';
import { VIRTWL_VQ_IN } from '@crosvm/virtio-sys';

import { MemoryRequestClient } from '../../memory-requests/client';
import type { ActivationContext, BackendResources, VirtioBackend } from '../backend';
import { InQueue } from './in-queue';
import { OutQueue } from './out-queue';
import { Room } from './room';
import { VfdTable } from './vfd-table';
import type { WaylandSocket } from './wl-config';

/**
 * Wayland for a guest: connections to compositors of the host, and what is sent through them.
 *
 *     out queue: commands --> OutQueue ---.                  .---> sockets of compositors, pipes
 *                                         |--> VfdTable --> vfds
 *     in queue: messages <--- InQueue <---'                  '---> memory, which the VMM shows the guest
 */
export class Wl implements VirtioBackend {
  readonly #table = new VfdTable();
  readonly #room = new Room();
  readonly #requests: MemoryRequestClient;
  readonly #in: InQueue;
  readonly #out: OutQueue;

  /**
   * @param requestFd the socket for requests about memory; taken over
   * @throws SysError
   */
  constructor(
    sockets: readonly WaylandSocket[],
    requestFd: number,
    { poller, logger }: BackendResources,
  ) {
    const mistakes = new RateLimited(logger);
    this.#requests = new MemoryRequestClient(requestFd, poller);
    const parts = {
      table: this.#table,
      room: this.#room,
      requests: this.#requests,
      poller,
      mistakes,
    };
    this.#in = new InQueue(parts);
    this.#out = new OutQueue({
      ...parts,
      sockets: new Map(sockets.map(({ name, path }) => [name, path])),
      onClose: (id) => this.#in.forget(id),
    });
  }

  activate(context: ActivationContext): void {
    this.#in.start(context);
    this.#out.start(context);
  }

  handleQueue(index: number): boolean {
    if (index === VIRTWL_VQ_IN) {
      this.#in.deliver();
      return false;
    }
    return this.#out.serve();
  }

  /** What was to be told waits for the queue to come back; a command that was begun has no answer. */
  resetQueue(index: number): void {
    if (index !== VIRTWL_VQ_IN) {
      this.#out.stop();
    }
  }

  reset(): void {
    this.#in.stop();
    this.#out.stop();
    this.#table.clear();
  }

  [Symbol.dispose](): void {
    this.reset();
    [this.#in, this.#out, this.#table, this.#requests, this.#room].forEach((part) =>
      part[Symbol.dispose](),
    );
  }
}

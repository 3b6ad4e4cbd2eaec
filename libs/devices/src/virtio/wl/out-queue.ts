import {
  connectUnix,
  createPipe,
  Errno,
  POLL_WRITABLE,
  type Poller,
  type PollRegistration,
  type RateLimited,
  setNonblocking,
  SysError,
} from '@crosvm/sys-util';
import { alignUp, PAGE_SIZE } from '@crosvm/data-model';
import {
  VIRTIO_WL_RESP_ERR,
  VIRTIO_WL_RESP_INVALID_FLAGS,
  VIRTIO_WL_RESP_INVALID_ID,
  VIRTIO_WL_RESP_INVALID_TYPE,
  VIRTIO_WL_RESP_OK,
  VIRTIO_WL_RESP_OUT_OF_MEMORY,
  VIRTIO_WL_VFD_MAP,
  VIRTIO_WL_VFD_READ,
  VIRTIO_WL_VFD_WRITE,
  VIRTWL_VQ_OUT,
} from '@crosvm/virtio-sys';

import type { ActivationContext } from '../backend';
import type { DescriptorChain } from '../queue/descriptor-chain';
import { CHAINS_PER_WAKE } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import type { VfdParts } from './adopt';
import { type Command, COMMAND_BYTES, parseCommand } from './command';
import { Connection } from './connection';
import { usesTransitionFlags } from './flags';
import { Memory } from './memory';
import { encodeAnswer, encodeNewAnswer } from './message';
import { Stream } from './stream';
import type { Vfd } from './vfd';
import { isGuestId, type VfdTable } from './vfd-table';

/** Most bytes of data that are sent with one message: what a driver has in one piece. */
const MAX_SEND_BYTES = 4 * 1024 ** 2;

/** Pieces of a message that are sent in a turn; then others have theirs. */
const PIECES_PER_TURN = 16;

/** Errors of the host that are a lack of something. */
const LACKS: readonly number[] = [Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM];

const READ_OR_WRITE: readonly number[] = [VIRTIO_WL_VFD_READ, VIRTIO_WL_VFD_WRITE];

/** What a commanding half works with. */
export interface OutQueueParts extends VfdParts {
  readonly table: VfdTable;
  readonly poller: Poller;
  readonly mistakes: RateLimited;
  /** The paths of sockets by their names. */
  readonly sockets: ReadonlyMap<string, string>;
  /** A vfd is about to be closed. */
  readonly onClose: (id: number) => void;
}

/** A command that has no answer yet: no other one is begun before it has. */
interface Pending {
  readonly chain: DescriptorChain;
  readonly queue: VirtQueue;
  /** Goes on with it, if that is up to us. */
  resume?: () => void;
  registration?: PollRegistration;
}

/** A message on its way. */
interface Sending {
  readonly to: Vfd;
  readonly with: readonly Vfd[];
  from: number;
  fds: readonly number[];
}

/** Does what the driver asks, one command after another. */
export class OutQueue implements Disposable {
  readonly #parts: OutQueueParts;
  readonly #head = new DataView(new ArrayBuffer(COMMAND_BYTES));
  #context: ActivationContext | undefined;
  #pending: Pending | undefined;
  #isServing = false;

  constructor(parts: OutQueueParts) {
    this.#parts = parts;
  }

  /** The driver is ready. */
  start(context: ActivationContext): void {
    this.#context = context;
  }

  /** The driver is gone, or its queue. */
  stop(): void {
    this.#pending?.registration?.remove();
    this.#pending = undefined;
  }

  /** Serves what is in the queue. Returns whether there is, or may be, more that can be done now. */
  serve(): boolean {
    const queue = this.#context?.queues[VIRTWL_VQ_OUT];
    if (queue === undefined) {
      return false;
    }
    this.#isServing = true;
    try {
      this.#pending?.resume?.();
      return this.#serveQueue(queue);
    } finally {
      this.#isServing = false;
    }
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #serveQueue(queue: VirtQueue): boolean {
    queue.disableNotifications();
    for (let left = CHAINS_PER_WAKE; left > 0 && this.#pending === undefined; left -= 1) {
      const chain = queue.pop();
      if (chain !== undefined) {
        const length = chain.readable.read(0, COMMAND_BYTES, this.#head);
        this.#pending = { chain, queue };
        this.#execute(parseCommand(this.#head, length), this.#pending);
      } else if (!queue.enableNotifications()) {
        return false;
      }
    }
    return this.#pending === undefined;
  }

  #execute(command: Command, pending: Pending): void {
    switch (command.kind) {
      case 'refused':
        this.#answer(command.code);
        break;
      case 'new':
        this.#makeMemory(command, pending);
        break;
      case 'new-context':
        this.#connect(command);
        break;
      case 'new-pipe':
        this.#makePipe(command);
        break;
      case 'send':
        this.#send(command, pending);
        break;
      case 'close':
        this.#parts.onClose(command.id);
        this.#answer(
          this.#parts.table.close(command.id) ? VIRTIO_WL_RESP_OK : VIRTIO_WL_RESP_INVALID_ID,
        );
    }
  }

  /** Answers the pending command by a code, or by more. */
  #answer(answer: number | Uint8Array): void {
    const pending = this.#pending;
    if (pending === undefined) {
      return;
    }
    const { chain, queue, registration } = pending;
    registration?.remove();
    this.#pending = undefined;
    const bytes = typeof answer === 'number' ? encodeAnswer(answer) : answer;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    queue.addUsed(chain.head, chain.writable.write(0, bytes.length, view));
    if (!this.#isServing) {
      if (queue.needsInterrupt()) {
        this.#context?.interrupt(VIRTWL_VQ_OUT);
      }
      this.#context?.serve(VIRTWL_VQ_OUT);
    }
  }

  /** Why there cannot be a vfd of that id; undefined if there can. */
  #refusal(id: number): number | undefined {
    const { table } = this.#parts;
    if (!isGuestId(id) || table.get(id) !== undefined) {
      return VIRTIO_WL_RESP_INVALID_ID;
    }
    return table.hasRoom(1) ? undefined : VIRTIO_WL_RESP_OUT_OF_MEMORY;
  }

  /** Adds a vfd, and answers with it; `flags` are those of the answer. */
  #add(id: number, vfd: Vfd, flags: number): void {
    const refusal = this.#refusal(id);
    if (refusal !== undefined) {
      vfd.close();
      this.#answer(refusal);
      return;
    }
    const { address, size } = vfd;
    this.#parts.table.add(id, vfd);
    this.#answer(encodeNewAnswer({ id, flags, address, size }));
  }

  #makeMemory({ id, flags, size }: Command & { kind: 'new' }, pending: Pending): void {
    const { requests } = this.#parts;
    const known = usesTransitionFlags(this.#context) ? 0 : VIRTIO_WL_VFD_WRITE | VIRTIO_WL_VFD_MAP;
    const refusal =
      this.#refusal(id) ??
      ((flags & ~known) === 0 ? undefined : VIRTIO_WL_RESP_INVALID_FLAGS) ??
      (size === 0 ? VIRTIO_WL_RESP_INVALID_TYPE : undefined);
    if (refusal !== undefined) {
      this.#answer(refusal);
      return;
    }
    requests.allocate(alignUp(size, PAGE_SIZE), (grant) => {
      const isWanted = this.#pending === pending;
      if (grant?.fd === undefined) {
        if (isWanted) {
          this.#answer(VIRTIO_WL_RESP_OUT_OF_MEMORY);
        }
        return;
      }
      const memory = new Memory(grant.fd, grant, () => requests.release(grant.region));
      if (isWanted) {
        this.#add(id, memory, flags);
      } else {
        memory.close();
      }
    });
  }

  #connect({ id, name }: Command & { kind: 'new-context' }): void {
    const path = this.#parts.sockets.get(name);
    const refusal = path === undefined ? VIRTIO_WL_RESP_INVALID_ID : this.#refusal(id);
    if (path === undefined || refusal !== undefined) {
      this.#answer(refusal ?? VIRTIO_WL_RESP_INVALID_ID);
      return;
    }
    const socket = this.#try('connect to the compositor', () => connectUnix(path));
    if (socket !== undefined) {
      const connection = new Connection(socket, this.#parts.room);
      this.#add(id, connection, connection.flags(usesTransitionFlags(this.#context)));
    }
  }

  #makePipe({ id, flags }: Command & { kind: 'new-pipe' }): void {
    const refusal =
      this.#refusal(id) ??
      (READ_OR_WRITE.includes(flags) ? undefined : VIRTIO_WL_RESP_INVALID_FLAGS);
    if (refusal !== undefined) {
      this.#answer(refusal);
      return;
    }
    const pipe = this.#try('make a pipe', createPipe);
    if (pipe !== undefined) {
      const reads = flags === VIRTIO_WL_VFD_READ;
      const [local, remote] = reads ? [pipe.reader, pipe.writer] : [pipe.writer, pipe.reader];
      setNonblocking(local.raw, true);
      const stream = new Stream(local, { reads, writes: !reads }, this.#parts.room, remote);
      this.#add(id, stream, stream.flags(usesTransitionFlags(this.#context)));
    }
  }

  /** What `make` gives; if the host refuses, undefined, and the command is answered. */
  #try<Made>(what: string, make: () => Made): Made | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
      const { mistakes } = this.#parts;
      if (mistakes.allows()) {
        mistakes.warn(`cannot ${what}: ${error.message}`);
      }
      this.#answer(LACKS.includes(error.errno) ? VIRTIO_WL_RESP_OUT_OF_MEMORY : VIRTIO_WL_RESP_ERR);
      return undefined;
    }
  }

  #send({ id, ids, dataAt }: Command & { kind: 'send' }, pending: Pending): void {
    const { table } = this.#parts;
    const to = table.get(id);
    const vfds = ids.flatMap((each) => table.get(each) ?? []);
    if (to === undefined || vfds.length < ids.length) {
      this.#answer(VIRTIO_WL_RESP_INVALID_ID);
      return;
    }
    const fds = vfds.flatMap(({ outgoing }) => outgoing ?? []);
    const bytes = pending.chain.readable.total - dataAt;
    const takesThem = fds.length === 0 ? to.takesFds !== undefined : to.takesFds === true;
    if (!takesThem || fds.length < vfds.length || (bytes === 0 && fds.length > 0)) {
      // Descriptors travel with bytes, or not at all.
      this.#answer(VIRTIO_WL_RESP_INVALID_TYPE);
    } else if (bytes === 0 || bytes > MAX_SEND_BYTES) {
      this.#answer(bytes === 0 ? VIRTIO_WL_RESP_OK : VIRTIO_WL_RESP_OUT_OF_MEMORY);
    } else {
      const sending: Sending = { to, with: vfds, from: dataAt, fds };
      pending.resume = () => this.#sendOn(sending, pending);
      pending.resume();
    }
  }

  #sendOn(sending: Sending, pending: Pending): void {
    const { readable } = pending.chain;
    for (let left = PIECES_PER_TURN; left > 0; left -= 1) {
      const sent = sending.to.send(readable, sending.from, sending.fds);
      if (sent > 0) {
        sending.from += sent;
        sending.fds = [];
        if (sending.from >= readable.total) {
          sending.with.forEach((vfd) => vfd.sent());
          this.#answer(VIRTIO_WL_RESP_OK);
          return;
        }
      } else if (sent === -Errno.EAGAIN) {
        this.#wait(sending.to, pending);
        return;
      } else if (sent !== -Errno.EINTR) {
        this.#answer(VIRTIO_WL_RESP_ERR);
        return;
      }
    }
    this.#context?.serve(VIRTWL_VQ_OUT);
  }

  /** Goes on when whoever reads a vfd has made room. */
  #wait({ waited }: Vfd, pending: Pending): void {
    if (waited !== undefined) {
      pending.registration ??= this.#parts.poller.add(waited.fd, POLL_WRITABLE, () =>
        pending.resume?.(),
      );
    }
  }
}

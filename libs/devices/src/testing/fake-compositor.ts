import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bind, createSocket, OwnedFd, StreamBuffer } from '@crosvm/sys-util';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const ADDRESS_BYTES = 110;
const BACKLOG = 4;

const libc = bind(null, {
  bind: ['int', ['int', 'pointer', 'uint']],
  listen: ['int', ['int', 'int']],
  accept4: ['int', ['int', 'pointer', 'pointer', 'int']],
});

/** What came through a connection. */
export interface Heard {
  readonly text: string;
  readonly fds: readonly OwnedFd[];
}

/** The compositor's end of a connection. */
export class Client {
  readonly #buffer = new StreamBuffer(65_536, 28);

  constructor(readonly fd: OwnedFd) {}

  say(text: string, fds: readonly number[] = []): void {
    this.#buffer.bytes.set(Buffer.from(text, 'latin1'));
    this.#buffer.send(this.fd.raw, text.length, fds);
  }

  /** What is there; 'nothing', 'end' or the text. */
  hear(): Heard {
    const { length, fds } = this.#buffer.receive(this.fd.raw);
    const text = Buffer.from(this.#buffer.bytes.subarray(0, Math.max(length, 0)));
    return { text: length > 0 ? text.toString('latin1') : length === 0 ? 'end' : 'nothing', fds };
  }
}

/** A socket that takes connections, as that of a compositor; it serves nobody by itself. */
export class FakeCompositor implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'compositor-'));
  readonly path = join(this.#directory, 'wayland-0');
  readonly #socket = createSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);

  constructor() {
    const address = new Uint8Array(ADDRESS_BYTES);
    address[0] = AF_UNIX;
    address.set(Buffer.from(this.path), 2);
    libc.bind(this.#socket.raw, address, ADDRESS_BYTES);
    libc.listen(this.#socket.raw, BACKLOG);
  }

  /**
   * The next one that has connected.
   * @throws RangeError if nobody has
   */
  accept(): Client {
    return new Client(OwnedFd.adopt(libc.accept4(this.#socket.raw, null, null, SOCK_NONBLOCK)));
  }

  /** It takes no more connections. */
  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

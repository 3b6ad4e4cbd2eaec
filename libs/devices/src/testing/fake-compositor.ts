import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type OwnedFd, StreamBuffer, UnixListener } from '@crosvm/sys-util';

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
  readonly #listener = UnixListener.bind(this.path, 0o600);

  /**
   * The next one that has connected.
   * @throws RangeError if nobody has
   */
  accept(): Client {
    const fd = this.#listener.accept();
    if (fd === undefined) {
      throw new RangeError('nobody has connected');
    }
    return new Client(fd);
  }

  /** It takes no more connections. */
  close(): void {
    this.#listener[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

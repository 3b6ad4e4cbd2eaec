import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** A socket that anybody may connect to, which says nothing. */
export class UnixServer implements Disposable {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(isClosing: boolean) {
    this.#server = createServer({ pauseOnConnect: true }, (connection) => {
      this.#connections.add(connection);
      connection.on('error', () => undefined);
      if (isClosing) {
        connection.destroy();
      }
    });
  }

  /** One that reads nothing. */
  static async mute(path: string): Promise<UnixServer> {
    return await new UnixServer(false).#listen(path);
  }

  /** One that closes every connection at once. */
  static async closing(path: string): Promise<UnixServer> {
    return await new UnixServer(true).#listen(path);
  }

  async #listen(path: string): Promise<this> {
    this.#server.listen({ path, readableAll: true, writableAll: true });
    await once(this.#server, 'listening');
    return this;
  }

  [Symbol.dispose](): void {
    this.#connections.forEach((connection) => connection.destroy());
    this.#server.close();
  }
}

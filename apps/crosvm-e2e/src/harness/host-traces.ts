import { namespacesInUse, namespacesOf, socketsOf, unixSockets } from './process-facts';
import { processIds } from './processes';

/** What a device host has now, and is to be gone when it has ended: sockets, and namespaces with their mounts. */
export class HostTraces {
  readonly #sockets: readonly string[];
  readonly #namespaces: readonly string[];
  /** Others that come later may get the numbers of these namespaces. */
  readonly #processes = processIds();

  /** @throws Error if it has none: then nothing could be left, either */
  constructor(host: number) {
    const shared = new Set(namespacesOf(process.pid).values());
    this.#namespaces = [...namespacesOf(host).values()].filter((each) => !shared.has(each));
    this.#sockets = socketsOf(host);
    if (this.#sockets.length === 0 || this.#namespaces.length === 0) {
      throw new Error(`process ${host} has no sockets, or no namespaces of its own`);
    }
  }

  /** What is still there. */
  get left(): readonly string[] {
    const sockets = unixSockets();
    const namespaces = namespacesInUse(this.#processes);
    return [
      ...this.#sockets.filter((socket) => sockets.has(socket)),
      ...this.#namespaces.filter((namespace) => namespaces.has(namespace)),
    ];
  }
}

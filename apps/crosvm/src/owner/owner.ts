import { Socket } from 'node:net';

import { closeInheritedOnExec, dieWithParent } from '@crosvm/sys-util';

import { errorText } from '../cli/error-text';
import type { VmEnd } from '../vm/vm-end';
import type { OwnerMessage } from './owner-messages';

function detailOf(end: VmEnd): string | undefined {
  if (end.kind === 'failed') {
    return `${end.part} failed: ${errorText(end.cause)}`;
  }
  return end.kind === 'crash' ? end.detail : undefined;
}

/**
 * The program that started this process to have a VM. It is told what becomes of the VM, and the VM ends
 * with it, however it ends.
 */
export class Owner implements Disposable {
  readonly #socket: Socket;
  #onGone: () => void = () => process.exit(1);

  /** @param description what the environment says of it, see `OWNER_VARIABLE` */
  constructor(description: string) {
    const [fd = NaN, pid] = description.split(',').map(Number);
    // Device hosts, and whatever else is started, are not to keep the socket open.
    closeInheritedOnExec();
    if (pid !== undefined) {
      dieWithParent();
      if (process.ppid !== pid) {
        // It went before the kernel was asked to watch it.
        process.exit(1);
      }
    }
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#onGone());
    this.#socket.resume();
    // A VM that has ended is not kept by a socket.
    this.#socket.unref();
  }

  /** Calls back when the program has gone. */
  onGone(callback: () => void): void {
    this.#onGone = callback;
  }

  /** The guest runs. */
  running(): void {
    this.#send({ event: 'running' });
  }

  /** The VM has ended. */
  ended(end: VmEnd): void {
    const detail = detailOf(end);
    this.#send({ event: 'ended', kind: end.kind, ...(detail !== undefined && { detail }) });
  }

  #send(message: OwnerMessage): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Hangs up, once all is told. */
  [Symbol.dispose](): void {
    this.#onGone = () => undefined;
    this.#socket.end();
  }
}

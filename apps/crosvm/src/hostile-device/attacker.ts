import type { AddressRange } from '@crosvm/io-jail';
import { bind, check, Mapping } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import { type Resource, RESOURCES, type World } from './world';

/** Any system call, by its number. */
const libc = bind(null, {
  syscall: ['long', ['long', 'long', 'long', 'long', 'long', 'long', 'long']],
});

/** Room for what arguments point to, in bytes. */
const ROOM = 64 * 1024;

/** What a hostile device works with: any system call, with arguments that lie still. */
export class Attacker {
  readonly #room = Mapping.anonymous(ROOM);
  #used = 0;

  constructor(
    readonly world: World,
    private readonly fds: readonly number[],
    /** Where V8 has code. */
    readonly code: AddressRange,
  ) {}

  /** One of its own descriptors. */
  fd(resource: Resource): number {
    const fd = this.fds[RESOURCES.indexOf(resource)];
    if (fd === undefined) {
      throw new Error(`the device has no ${resource}`);
    }
    return fd;
  }

  /**
   * Makes a system call.
   * @throws SysError
   */
  call(name: string, ...args: readonly number[]): number {
    const number = currentSyscalls()[name];
    if (number === undefined) {
      throw new Error(`no system call is called ${name}`);
    }
    return this.callNumber(number, ...args);
  }

  /** @throws SysError */
  callNumber(number: number, ...args: readonly number[]): number {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
    // SAFETY: what is pointed to is in #room, which is never unmapped, or meant not to be this one's.
    return check('syscall', libc.syscall(number, a, b, c, d, e, f));
  }

  /** The address of zeroed memory of its own. */
  room(length: number): number {
    const at = this.#used;
    // Whatever it is, it is aligned.
    this.#used += Math.ceil(length / 64) * 64;
    return this.#room.address + at;
  }

  /** The address of a copy of these bytes. */
  bytes(content: Uint8Array): number {
    const address = this.room(content.length);
    this.#room.bytes.set(content, address - this.#room.address);
    return address;
  }

  /** The address of a copy of a text, with a NUL. */
  text(content: string): number {
    return this.bytes(Buffer.from(`${content}\0`));
  }

  /** The address of 32-bit words. */
  words(...content: readonly number[]): number {
    return this.bytes(new Uint8Array(Uint32Array.from(content).buffer));
  }

  /** The address of 64-bit words. */
  longs(...content: readonly number[]): number {
    return this.bytes(new Uint8Array(BigInt64Array.from(content.map(BigInt)).buffer));
  }

  /** What is at an address that `room` gave. */
  read(address: number, length: number): Buffer {
    const at = address - this.#room.address;
    return Buffer.from(this.#room.bytes.slice(at, at + length));
  }
}

import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';

import { connectUnix, type OwnedFd, StreamBuffer } from '@crosvm/sys-util';

import { Scratch } from './scratch';
import { scaled, until } from './time';

const ANSWER_MS = scaled(5000);
const READ_ONLY = 'r';

/** What keys mean, in the words of xkbcommon, which every compositor has. */
const KEYMAP =
  'xkb_keymap { xkb_keycodes { include "evdev+aliases(qwerty)" }; xkb_types { include "complete" };' +
  ' xkb_compat { include "complete" }; xkb_symbols { include "pc+us+inet(evdev)" }; };\0';
const KEYMAP_FORMAT_XKB_V1 = 1;

/** Objects of this client, in the order in which they are made. */
const DISPLAY = 1;
const REGISTRY = 2;
const SEAT = 4;
const POINTERS = 5;
const POINTER = 6;
const KEYBOARDS = 7;
const KEYBOARD = 8;
const LISTENER = 10;

type Word = number | string;

/** A request: words of 32 bits, texts with their length before them. Source: the Wayland protocol, "Wire Format". */
function encode(object: number, opcode: number, words: readonly Word[]): Buffer {
  const parts = words.map((word) => {
    if (typeof word === 'number') {
      return Buffer.from(Uint32Array.of(word).buffer);
    }
    const text = Buffer.from(`${word}\0`);
    const room = Buffer.alloc(4 + Math.ceil(text.length / 4) * 4);
    room.writeUInt32LE(text.length);
    text.copy(room, 4);
    return room;
  });
  const body = Buffer.concat(parts);
  const head = Uint32Array.of(object, ((body.length + 8) << 16) | opcode);
  return Buffer.concat([Buffer.from(head.buffer), body]);
}

/**
 * A mouse and a keyboard for a compositor that has none: `wlr-virtual-pointer-unstable-v1` and
 * `virtual-keyboard-unstable-v1`, as long as this is not disposed of.
 */
export class WaylandInput implements Disposable {
  readonly #buffer = new StreamBuffer(65_536, 28);
  readonly #globals = new Map<string, number>();
  readonly #fds: OwnedFd[] = [];
  #unread = Buffer.alloc(0);
  #synced = 0;

  private constructor(private readonly socket: OwnedFd) {}

  /** Connects to the compositor that listens at a path. */
  static async connect(path: string): Promise<WaylandInput> {
    const input = new WaylandInput(connectUnix(path));
    input.#send(DISPLAY, 1, [REGISTRY]);
    await input.#sync(REGISTRY + 1);
    input.#bind('wl_seat', SEAT);
    input.#bind('zwlr_virtual_pointer_manager_v1', POINTERS);
    input.#send(POINTERS, 0, [SEAT, POINTER]);
    input.#bind('zwp_virtual_keyboard_manager_v1', KEYBOARDS);
    input.#send(KEYBOARDS, 0, [SEAT, KEYBOARD]);
    input.#sendKeymap();
    await input.#sync(KEYBOARD + 1);
    return input;
  }

  /** The keymap that the compositor gives to everybody who listens to its keyboard. */
  async keymap(): Promise<Buffer> {
    this.#send(SEAT, 1, [LISTENER]);
    await this.#sync(LISTENER + 1);
    const fd = this.#fds.at(-1)?.raw ?? -1;
    const bytes = Buffer.alloc(2 ** 20);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  }

  /** Moves the pointer to pixels of a screen of that size. */
  point(x: number, y: number, { width, height }: { width: number; height: number }): void {
    this.#send(POINTER, 1, [0, x, y, width, height]);
    this.#send(POINTER, 4, []);
  }

  /** A button of the mouse, by its number in `linux/input-event-codes.h`. */
  button(code: number, pressed: boolean): void {
    this.#send(POINTER, 2, [0, code, Number(pressed)]);
    this.#send(POINTER, 4, []);
  }

  /** A key, by the same. */
  key(code: number, pressed: boolean): void {
    this.#send(KEYBOARD, 1, [0, code, Number(pressed)]);
  }

  [Symbol.dispose](): void {
    [this.socket, ...this.#fds].forEach((fd) => fd.close());
    this.#buffer[Symbol.dispose]();
  }

  #bind(name: string, object: number): void {
    const global = this.#globals.get(name);
    if (global === undefined) {
      throw new Error(`the compositor has no ${name}`);
    }
    this.#send(REGISTRY, 0, [global, name, 1, object]);
  }

  #sendKeymap(): void {
    using files = new Scratch();
    writeFileSync(files.file('keymap'), KEYMAP);
    const fd = openSync(files.file('keymap'), READ_ONLY);
    this.#send(KEYBOARD, 0, [KEYMAP_FORMAT_XKB_V1, KEYMAP.length], [fd]);
    closeSync(fd);
  }

  #send(object: number, opcode: number, words: readonly Word[], fds: readonly number[] = []): void {
    const request = encode(object, opcode, words);
    this.#buffer.bytes.set(request);
    const sent = this.#buffer.send(this.socket.raw, request.length, fds);
    if (sent !== request.length) {
      throw new Error(`the compositor took ${sent} of ${request.length} bytes`);
    }
  }

  /** Waits until all requests so far were served. `callback` is the next object. */
  async #sync(callback: number): Promise<void> {
    this.#send(DISPLAY, 0, [callback]);
    await until('the compositor', ANSWER_MS, () => {
      this.#receive();
      return this.#synced === callback ? true : undefined;
    });
  }

  #receive(): void {
    const { length, fds } = this.#buffer.receive(this.socket.raw);
    this.#fds.push(...fds);
    if (length > 0) {
      this.#unread = Buffer.concat([this.#unread, this.#buffer.bytes.subarray(0, length)]);
    }
    while (this.#unread.length >= 8 && this.#unread.length >= this.#unread.readUInt16LE(6)) {
      const bytes = this.#unread.readUInt16LE(6);
      this.#look(this.#unread.subarray(0, bytes));
      this.#unread = this.#unread.subarray(bytes);
    }
  }

  #look(event: Buffer): void {
    const [object, opcode] = [event.readUInt32LE(0), event.readUInt16LE(4)];
    if (object === DISPLAY && opcode === 0) {
      throw new Error(`the compositor says: ${event.toString('latin1', 20)}`);
    } else if (object === REGISTRY) {
      const end = 16 + event.readUInt32LE(12) - 1;
      this.#globals.set(event.toString('latin1', 16, end), event.readUInt32LE(8));
    } else if (object === KEYBOARD + 1 || object === LISTENER + 1 || object === REGISTRY + 1) {
      this.#synced = object;
    }
  }
}

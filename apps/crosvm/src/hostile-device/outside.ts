import { type ChildProcess, spawn } from 'node:child_process';
import { constants, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

import { io, iow, struct, u32 } from '@crosvm/data-model';
import {
  bind,
  check,
  createSocket,
  type GuestMemory,
  ioctl,
  Mapping,
  openFile,
  OwnedFd,
  socketPair,
} from '@crosvm/sys-util';

import { abstractAddress } from './abstract-address';
import { constant } from './constants';
import { type Resource, RESOURCES, SECRET, type World } from './world';

/** Of asm-generic/ioctls.h: lets the other end of a new terminal be opened, and opens it. */
const TIOCSPTLCK = iow('TIOCSPTLCK', 0x54, 0x31, struct('int', { value: u32 }));
const TIOCGPTPEER = io('TIOCGPTPEER', 0x54, 0x41);

/** A name in the abstract namespace is nothing that Node can listen at. */
const libc = bind(null, {
  bind: ['int', ['int', 'pointer', 'uint']],
  listen: ['int', ['int', 'int']],
});

const IMAGE_SIZE = 64 * 1024;

/** What there is to be broken into: made by a VMM for the devices of its own. */
export class Outside implements Disposable {
  readonly #secret = Mapping.anonymous(SECRET.length);
  readonly #server = createServer();
  readonly #listener = createSocket(constant('AF_UNIX'), constant('SOCK_STREAM'));
  readonly #bystander: ChildProcess;
  readonly #own: Readonly<Record<Resource, OwnedFd>>;
  readonly #terminal = openFile('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
  readonly #abstractSocket = `crosvm-hostile-${process.pid}`;

  /** @param scratch an empty directory */
  constructor(
    private readonly scratch: string,
    memory: GuestMemory,
  ) {
    Buffer.from(SECRET).copy(this.#secret.bytes);
    // It ends with this process, whatever ends that.
    this.#bystander = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    mkdirSync(join(scratch, 'mount'));
    const program = join(scratch, 'program');
    // Whoever may execute it finds that it is no program.
    writeFileSync(program, 'no program', { mode: 0o755 });
    const image = join(scratch, 'image');
    writeFileSync(image, Buffer.alloc(IMAGE_SIZE));
    ioctl(this.#terminal.raw, TIOCSPTLCK, new Uint8Array(4));
    const flags = constants.O_RDWR | constants.O_NOCTTY;
    const [socket] = socketPair();
    this.#own = {
      memory: OwnedFd.duplicate(memory.fd.raw),
      socket,
      program: openFile(program, constants.O_RDONLY),
      image: openFile(image, constants.O_RDWR),
      terminal: OwnedFd.adopt(ioctl(this.#terminal.raw, TIOCGPTPEER, flags)),
    };
  }

  /** Begins to listen. */
  async listen(): Promise<void> {
    const address = abstractAddress(this.#abstractSocket);
    check('bind', libc.bind(this.#listener.raw, address, address.length));
    check('listen', libc.listen(this.#listener.raw, 1));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /**
   * What devices know of it.
   * @param other the process of another device; undefined if devices have none, nor the VMM: it is the
   * process that they are threads of
   */
  world(other: number | undefined): World {
    const bystander = this.#bystander.pid ?? 0;
    return {
      isFree: other === undefined,
      vmm: other === undefined ? bystander : process.pid,
      other: other ?? bystander,
      secret: { pid: process.pid, address: this.#secret.address },
      abstractSocket: this.#abstractSocket,
      port: (this.#server.address() as AddressInfo).port,
      scratch: this.scratch,
    };
  }

  /** Descriptors for a device, in their order. */
  resources(): OwnedFd[] {
    return RESOURCES.map((name) => OwnedFd.duplicate(this.#own[name].raw));
  }

  [Symbol.dispose](): void {
    this.#bystander.kill('SIGKILL');
    this.#server.close();
    [...Object.values(this.#own), this.#terminal, this.#listener].forEach((fd) => fd.close());
  }
}

import type * as ChildProcess from 'node:child_process';
import { accessSync, constants, fchmodSync, read } from 'node:fs';
import { delimiter, join } from 'node:path';

import { openStreamNet, type OpenNet } from '@crosvm/devices';
import {
  closeInheritedOnExec,
  createPipe,
  type Logger,
  type OwnedFd,
  setSendBuffer,
  streamPair,
} from '@crosvm/sys-util';

import type { PasstConfig } from '../../config';
import { UserError } from '../../user-error';
import { guestNameServers } from './name-servers';
import { passtArguments } from './passt-arguments';
import { endOf, passtError, passtLines } from './passt-error';

/** How much of what passt says before it is ready is kept, in characters. */
const MAX_SAID = 4096;

/** Bytes under way to passt, and from it, where the machine allows so many. */
const SEND_BUFFER = 4 * 1024 ** 2;

/** So that a passt that runs as somebody else can open the pipe by its name. */
const ANYBODY_MAY_WRITE = 0o622;

/** Takes some milliseconds to load. */
function loadChildProcess(): typeof ChildProcess {
  return require('node:child_process') as typeof ChildProcess;
}

/** How to start it. */
export interface PasstOptions {
  /** Bytes of the largest packet; default the largest that there can be. */
  readonly mtu: number | undefined;
  readonly log: Logger;
}

interface PasstParts {
  readonly card: OpenNet;
  /** Where it says that it is ready. */
  readonly ready: OwnedFd;
  readonly config: PasstConfig;
  readonly log: Logger;
}

/** @throws UserError if it is not installed */
function findPasst(): string {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((path) => path !== '');
  for (const directory of directories) {
    const path = join(directory, 'passt');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next one may have it.
    }
  }
  throw new UserError('--net passt: passt is not installed', {
    hint: "install the package passt: sudo apt install passt; other systems' are at https://passt.top",
  });
}

/** passt, which gives a guest the network of this machine, as a process of its own. */
export class Passt {
  /** The card whose frames it takes; taken over by the card's device. */
  readonly card: OpenNet;
  /** When it serves; rejects with a UserError if it ends before. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess.ChildProcess;
  readonly #log: Logger;
  /** When it has ended: how. */
  readonly #ended: Promise<string>;
  #said = '';
  #isReady = false;
  #isUnwanted = false;

  private constructor(child: ChildProcess.ChildProcess, parts: PasstParts) {
    const { card, ready, config, log } = parts;
    this.#child = child;
    this.#log = log;
    this.card = card;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#ended = new Promise((resolve) => {
      child.once('error', ({ message }) => resolve(message));
      child.once('close', (code, signal) => resolve(endOf(code, signal)));
    });
    this.ready = this.#waitUntilReady(ready, config);
    // Whoever waits for it hears of it; it may also be that nobody does any more.
    this.ready.catch(() => undefined);
    void this.#ended.then((how) => this.#tell(how));
  }

  /**
   * Starts it. It ends by itself when the other end of its socket is closed, whatever closes that.
   * @throws UserError if it is not installed, or the machine has no /proc
   * @throws SysError EMFILE
   */
  static start(config: PasstConfig, { mtu, log }: PasstOptions): Passt {
    const program = findPasst();
    // It is given two descriptors, and inherits no others.
    closeInheritedOnExec();
    const servers = config.hostLoopback ? { none: false } : guestNameServers();
    if (servers.none) {
      log.warn('the guest has no name server: this machine asks one of its own, at 127.0.0.1');
    }
    const [near, far] = streamPair();
    // What its end has no room for, passt drops, and its TCP takes a second to notice.
    [near, far].forEach(({ raw }) => setSendBuffer(raw, SEND_BUFFER));
    const { reader, writer } = createPipe();
    fchmodSync(writer.raw, ANYBODY_MAY_WRITE);
    const card = openStreamNet(near, {
      name: 'passt',
      ...(config.mac !== undefined && { mac: config.mac }),
      ...(mtu !== undefined && { mtu }),
    });
    const args = passtArguments(config, { nameServers: servers.instead, mtu });
    const child = loadChildProcess().spawn(program, args, {
      // In the order of PASST_SOCKET_FD, PASST_READY_FD.
      stdio: ['ignore', 'ignore', 'pipe', far.raw, writer.raw],
      cwd: '/',
      env: {},
      // Keys of the terminal are not meant for it.
      detached: true,
    });
    far.close();
    writer.close();
    return new Passt(child, { card, ready: reader, config, log });
  }

  /** The VM has ended: that passt ends is as it should be from now on. */
  vmEnded(): void {
    this.#isUnwanted = true;
  }

  /** Ends it, if it has not ended, and waits for that. */
  async stop(): Promise<void> {
    this.vmEnded();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #waitUntilReady(ready: OwnedFd, { publish }: PasstConfig): Promise<void> {
    this.#isReady = await isWritten(ready);
    if (!this.#isReady) {
      // Its standard error has been read to the end then.
      const how = await this.#ended;
      throw passtError(this.#said, how, publish);
    }
  }

  #hear(text: string): void {
    if (this.#isReady) {
      passtLines(text).forEach((line) => this.#log.warn(`passt: ${line}`));
    } else {
      this.#said = (this.#said + text).slice(-MAX_SAID);
    }
  }

  #tell(how: string): void {
    if (this.#isReady && !this.#isUnwanted) {
      this.#log.error(`passt has ended (${how}): the guest's network card has no link any more`);
    }
  }
}

/** Whether something comes out of a pipe before all who could write to it are gone. Closes it. */
function isWritten(reader: OwnedFd): Promise<boolean> {
  return new Promise((resolve) => {
    read(reader.raw, Buffer.alloc(16), 0, 16, null, (error, bytes) => {
      reader.close();
      resolve(error === null && bytes > 0);
    });
  });
}

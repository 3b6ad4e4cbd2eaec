import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, writeFileSync } from 'node:fs';

import { hostLacksTool } from './images';
import { killAll, MARK_VARIABLE, newMark } from './processes';
import type { Lack } from './requirements';
import { Scratch } from './scratch';
import { scaled, until } from './time';
import { WaylandInput } from './wayland-input';
import { SCREEN } from './weston';

/** The first that it takes. */
const SOCKET = 'wayland-1';
const START_MS = scaled(5000);
const END_MS = scaled(2000);
const NOBODY = 65_534;

/** Is there no sway? */
export function hostLacksSway(): Lack {
  return hostLacksTool('sway');
}

/** One window takes all of the screen. */
const CONFIG = [
  'xwayland disable',
  'default_border none',
  `output HEADLESS-1 mode ${SCREEN.width}x${SCREEN.height} position 0 0`,
  '',
].join('\n');

/** It does not run as root. */
const IS_ROOT = process.getuid?.() === 0;
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'sway'];

/** A compositor without a screen, whose mouse and keyboard are ours. */
export class Sway implements AsyncDisposable {
  readonly #mark = newMark();
  readonly #files = new Scratch();
  readonly #process: ChildProcess;

  private constructor() {
    const config = this.#files.file('config');
    writeFileSync(config, CONFIG);
    if (IS_ROOT) {
      chownSync(this.#files.path, NOBODY, NOBODY);
      chmodSync(this.#files.path, 0o711);
    }
    const args = [...(IS_ROOT ? AS_NOBODY : []), `--config=${config}`];
    const options = { stdio: 'ignore', env: this.#environment } as const;
    this.#process = spawn(IS_ROOT ? 'setpriv' : 'sway', args, options);
  }

  static async start(): Promise<Sway> {
    const sway = new Sway();
    await until('sway', START_MS, () => existsSync(sway.socket) || undefined);
    // For root's crosvm, too.
    chmodSync(sway.socket, 0o777);
    return sway;
  }

  /** The path at which it listens. */
  get socket(): string {
    return this.#files.file(SOCKET);
  }

  /** Gives it a mouse and a keyboard. */
  async input(): Promise<WaylandInput> {
    return await WaylandInput.connect(this.socket);
  }

  /** Ends it, as it would not end itself. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Ends it, and waits for the programs that it started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await killAll(this.#mark, END_MS);
    this.#files[Symbol.dispose]();
  }

  get #environment(): NodeJS.ProcessEnv {
    const { path } = this.#files;
    return {
      PATH: process.env.PATH,
      HOME: path,
      XDG_RUNTIME_DIR: path,
      WLR_BACKENDS: 'headless',
      WLR_RENDERER: 'pixman',
      WLR_LIBINPUT_NO_DEVICES: '1',
      [MARK_VARIABLE]: this.#mark,
    };
  }
}

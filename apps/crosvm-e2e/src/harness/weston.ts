import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { hostLacksTool } from './images';
import { decodePng, type Picture } from './png';
import { killAll, MARK_VARIABLE, newMark } from './processes';
import type { Lack } from './requirements';
import { Scratch } from './scratch';
import { scaled, until } from './time';

const SOCKET = 'wayland-test';
const START_MS = scaled(5000);
const SCREENSHOT_MS = scaled(10_000);
const END_MS = scaled(2000);

/** What weston shows, in pixels. */
export const SCREEN = { width: 160, height: 120 } as const;

/** Is there no weston? */
export function hostLacksWeston(): Lack {
  return hostLacksTool('weston') ?? hostLacksTool('weston-screenshooter');
}

/** Windows are there at once, and nothing else. */
const CONFIG = [
  '[shell]',
  'startup-animation=none',
  'close-animation=none',
  'animation=none',
  'panel-position=none',
  'locking=false',
  '',
].join('\n');

/** A compositor without a screen, on which windows can be as large as its output. */
export class Weston implements AsyncDisposable {
  readonly #mark = newMark();
  readonly #files = new Scratch();
  readonly #process: ChildProcess;

  private constructor() {
    const config = this.#files.file('weston.ini');
    writeFileSync(config, CONFIG);
    const size = [`--width=${SCREEN.width}`, `--height=${SCREEN.height}`];
    // By default such a weston draws nothing.
    const kind = ['--backend=headless-backend.so', '--use-pixman', `--config=${config}`];
    // Only so may a client take pictures of it.
    const args = [...kind, ...size, `--socket=${SOCKET}`, '--idle-time=0', '--debug'];
    this.#process = spawn('weston', args, { stdio: 'ignore', env: this.#environment });
  }

  static async start(): Promise<Weston> {
    const weston = new Weston();
    await until('weston', START_MS, () => existsSync(weston.socket) || undefined);
    return weston;
  }

  /** The path at which it listens. */
  get socket(): string {
    return this.#files.file(SOCKET);
  }

  /** What it shows now. */
  screenshot(): Picture {
    const options = { cwd: this.#files.path, env: this.#environment, timeout: SCREENSHOT_MS };
    execFileSync('weston-screenshooter', options);
    const name = readdirSync(this.#files.path).find((each) => each.endsWith('.png')) ?? '';
    const picture = decodePng(readFileSync(this.#files.file(name)));
    rmSync(this.#files.file(name));
    return picture;
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
      ...process.env,
      XDG_RUNTIME_DIR: path,
      XDG_PICTURES_DIR: path,
      WAYLAND_DISPLAY: SOCKET,
      [MARK_VARIABLE]: this.#mark,
    };
  }
}

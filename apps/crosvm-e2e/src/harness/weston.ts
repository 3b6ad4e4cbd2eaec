import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { Compositor } from './compositor';
import { hostLacksTool } from './images';
import { decodePng, type Picture } from './png';
import type { Lack } from './requirements';
import { scaled } from './time';

const SOCKET = 'wayland-test';
const SCREENSHOT_MS = scaled(10_000);

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
export class Weston extends Compositor {
  private constructor() {
    super(SOCKET);
    const config = this.files.file('weston.ini');
    writeFileSync(config, CONFIG);
    const size = [`--width=${SCREEN.width}`, `--height=${SCREEN.height}`];
    // By default such a weston draws nothing.
    const kind = ['--backend=headless-backend.so', '--use-pixman', `--config=${config}`];
    // Only so may a client take pictures of it.
    const args = [...kind, ...size, `--socket=${SOCKET}`, '--idle-time=0', '--debug'];
    this.run('weston', args);
  }

  static async start(): Promise<Weston> {
    const weston = new Weston();
    await weston.listening();
    return weston;
  }

  /** What it shows now. */
  screenshot(): Picture {
    const options = { cwd: this.files.path, env: this.environment, timeout: SCREENSHOT_MS };
    execFileSync('weston-screenshooter', options);
    const name = readdirSync(this.files.path).find((each) => each.endsWith('.png')) ?? '';
    const picture = decodePng(readFileSync(this.files.file(name)));
    rmSync(this.files.file(name));
    return picture;
  }

  protected override get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...super.environment,
      XDG_PICTURES_DIR: this.files.path,
      WAYLAND_DISPLAY: SOCKET,
    };
  }
}

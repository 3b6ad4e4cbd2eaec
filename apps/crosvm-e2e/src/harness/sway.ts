import { chmodSync, chownSync, writeFileSync } from 'node:fs';

import { Compositor } from './compositor';
import { hostLacksTool } from './images';
import type { Lack } from './requirements';
import { WaylandInput } from './wayland-input';
import { SCREEN } from './weston';

/** The first that it takes. */
const SOCKET = 'wayland-1';
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
export class Sway extends Compositor {
  private constructor() {
    super(SOCKET);
    const config = this.files.file('config');
    writeFileSync(config, CONFIG);
    if (IS_ROOT) {
      chownSync(this.files.path, NOBODY, NOBODY);
      chmodSync(this.files.path, 0o711);
    }
    const args = [...(IS_ROOT ? AS_NOBODY : []), `--config=${config}`];
    this.run(IS_ROOT ? 'setpriv' : 'sway', args);
  }

  static async start(): Promise<Sway> {
    const sway = new Sway();
    await sway.listening();
    // For root's crosvm, too.
    chmodSync(sway.socket, 0o777);
    return sway;
  }

  /** Gives it a mouse and a keyboard. */
  async input(): Promise<WaylandInput> {
    return await WaylandInput.connect(this.socket);
  }

  protected override get environment(): NodeJS.ProcessEnv {
    return {
      ...super.environment,
      PATH: process.env.PATH,
      HOME: this.files.path,
      WLR_BACKENDS: 'headless',
      WLR_RENDERER: 'pixman',
      WLR_LIBINPUT_NO_DEVICES: '1',
    };
  }
}

import { basename, dirname } from 'node:path';

import { oddities } from '../fixtures/seccomp-record';
import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  hostLacksBareMetal,
  hostLacksSway,
  hostLacksWeston,
  type Picture,
  scaled,
  Scratch,
  SCREEN,
  Sway,
  testUnless,
  tooSlow,
  tooSlowUnless,
  UnixServer,
  Weston,
} from '../harness';

const lack = hostLacksBareMetal() ?? hostLacksWeston();
/** Most time for a guest to draw, and to be shown. */
const SHOW_MS = scaled(20_000);

/** FNV-1a, 32 bits: `on_keymap` of the guest. */
function hash(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 16_777_619) >>> 0, 2_166_136_261);
}

/** What the guest draws: `draw` of guests/bare-metal/wayland. */
function pattern(seed: number): Picture {
  const { width, height } = SCREEN;
  const rgb = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rgb.set([x + seed * 40, y + seed * 40, x ^ y], (y * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

/** A guest that draws on a compositor. */
function draw({ socket }: Weston | Sway, seed: number, ...options: readonly string[]): Crosvm {
  const wayland = ['--wayland-sock', socket, '-p', `seed=${seed}`];
  const args = ['run', ...options, ...wayland, bareMetalProgram('wayland')];
  return Crosvm.spawn(args, { noInput: true });
}

/** The same where the environment says which compositor there is. */
function drawIn(directory: string, display: string, ...options: readonly string[]): Crosvm {
  const env = { XDG_RUNTIME_DIR: directory, WAYLAND_DISPLAY: display };
  const args = ['run', ...options, '-p', 'seed=4', bareMetalProgram('wayland')];
  return Crosvm.spawn(args, { noInput: true, env });
}

const SHOWN = /^test wayland\/show: ok\r?\n/m;
const GONE = /^test wayland\/events: ok the compositor is gone\r?\n/m;

describe.each([
  ['in a jail', []],
  ['in a thread', ['--disable-sandbox']],
])('Wayland for a guest, served %s', (_, options) => {
  const lackOfWay = lack ?? tooSlowUnless(options.length === 0);

  testUnless(
    lackOfWay,
    'shows what two guests draw, pixel for pixel, until the compositor dies',
    async () => {
      await using weston = await Weston.start();
      await using first = draw(weston, 1, ...options);
      await first.expect(SHOWN, BOOT_MS + SHOW_MS);
      const alone = weston.screenshot();
      await using second = draw(weston, 2, ...options);
      await second.expect(SHOWN, BOOT_MS + SHOW_MS);
      const onTop = weston.screenshot();
      weston.kill();
      await Promise.all([first, second].map((guest) => guest.expect(GONE, SHOW_MS)));

      expect(alone).toEqual(pattern(1));
      expect(onTop).toEqual(pattern(2));
      for (const guest of [first, second]) {
        expect(await guest.ended()).toEqual({ code: 0, signal: null });
        expect(guest.stdout.text).toContain('7 ok, 0 failed');
        expect(guest.stderr.text).not.toMatch(/^ERROR|crosvm:/m);
      }
    },
  );
});

testUnless(
  lack ?? tooSlow(),
  'a guest whose window is on top can end, and the other one is seen again',
  async () => {
    await using weston = await Weston.start();
    await using below = draw(weston, 3);
    await below.expect(SHOWN, BOOT_MS + SHOW_MS);
    await using above = drawIn(dirname(weston.socket), basename(weston.socket));
    await above.expect(SHOWN, BOOT_MS + SHOW_MS);
    const onTop = weston.screenshot();
    await above.signal('SIGTERM');
    await above.ended();

    expect(onTop).toEqual(pattern(4));
    expect(weston.screenshot()).toEqual(pattern(3));
  },
);

testUnless(
  tooSlow() ?? hostLacksBareMetal(),
  'a guest has no Wayland, and nothing is said, where the environment has none, or with --no-wl',
  async () => {
    using files = new Scratch();
    using _compositor = await UnixServer.mute(files.file('wayland-0'));
    await using none = drawIn(files.path, 'wayland-1');
    await using off = drawIn(files.path, 'wayland-0', '--no-wl');

    for (const guest of [none, off]) {
      expect(await guest.ended(BOOT_MS)).toEqual({ code: 0, signal: null });
      expect(guest.stdout.text).toMatch(/^0 ok, 0 failed\r?\n/m);
      expect(guest.stderr.text).toBe('');
    }
  },
);

const BTN_LEFT = 0x110;
const KEY_A = 30;

describe.each([
  ['in a jail', false],
  ['in a jail that is looked at', true],
])('mouse and keyboard of a compositor, served %s', (_, isRecorded) => {
  testUnless(
    tooSlow() ?? hostLacksBareMetal() ?? hostLacksSway(),
    'reach the guest, with the keymap, and the policy permits no more than that takes',
    async () => {
      using files = new Scratch();
      const record = files.file('record');
      await using sway = await Sway.start();
      using input = await sway.input();
      const keymap = await input.keymap();
      input.point(10, 20, SCREEN);
      await using guest = draw(sway, 5, ...(isRecorded ? ['--seccomp-record', record] : []));
      await guest.expect(SHOWN, BOOT_MS + SHOW_MS);
      await guest.expect(/^pointer enters at [\d,]+\r?\n/m, SHOW_MS);
      input.point(40, 30, SCREEN);
      input.button(BTN_LEFT, true);
      input.button(BTN_LEFT, false);
      input.key(KEY_A, true);
      input.key(KEY_A, false);
      await guest.expect(/^key 30: 0\r?\n/m, SHOW_MS);
      sway.kill();
      await guest.expect(GONE, SHOW_MS);

      expect(await guest.ended()).toEqual({ code: 0, signal: null });
      expect(guest.stdout.text.match(/^(keymap|pointer|keyboard|button|key) .*/gm)).toEqual([
        `keymap of ${keymap.length} bytes, 0x${hash(keymap).toString(16)}`,
        'keyboard enters',
        'pointer enters at 10,20',
        'pointer at 40,30',
        `button ${BTN_LEFT}: 1`,
        `button ${BTN_LEFT}: 0`,
        `key ${KEY_A}: 1`,
        `key ${KEY_A}: 0`,
      ]);
      expect(guest.stderr.text).not.toMatch(/^ERROR|crosvm:/m);
      expect(isRecorded ? oddities(record, 'wl_device.policy') : []).toEqual([]);
    },
  );
});

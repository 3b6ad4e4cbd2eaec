import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  hostLacksBareMetal,
  hostLacksWeston,
  type Picture,
  scaled,
  SCREEN,
  testUnless,
  Weston,
} from '../harness';

const lack = hostLacksBareMetal() ?? hostLacksWeston();

/** Most time for a guest to draw, and to be shown. */
const SHOW_MS = scaled(20_000);

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
function draw({ socket }: Weston, seed: number, ...options: readonly string[]): Crosvm {
  const wayland = ['--wayland-sock', socket, '-p', `seed=${seed}`];
  const args = ['run', ...options, ...wayland, bareMetalProgram('wayland')];
  return Crosvm.spawn(args, { noInput: true });
}

const SHOWN = /^test wayland\/show: ok\r?\n/m;
const GONE = /^test wayland\/events: ok the compositor is gone\r?\n/m;

describe.each([
  ['in a jail', []],
  ['in a thread', ['--disable-sandbox']],
])('Wayland for a guest, served %s', (_, options) => {
  testUnless(
    lack,
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
        expect(guest.stdout.text).toContain('6 ok, 0 failed');
        expect(guest.stderr.text).not.toMatch(/^ERROR|crosvm:/m);
      }
    },
  );
});

testUnless(
  lack,
  'a guest whose window is on top can end, and the other one is seen again',
  async () => {
    await using weston = await Weston.start();
    await using below = draw(weston, 3);
    await below.expect(SHOWN, BOOT_MS + SHOW_MS);
    await using above = draw(weston, 4);
    await above.expect(SHOWN, BOOT_MS + SHOW_MS);
    await above.signal('SIGTERM');
    await above.ended();

    expect(weston.screenshot()).toEqual(pattern(3));
  },
);

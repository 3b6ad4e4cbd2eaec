/* What becomes of a VM whose guest panics, or asks for a reset: told by a kernel of some bytes. */

import { writeFileSync } from 'node:fs';

import { ControlClient } from '@crosvm/vm-control';

import { elfFile } from '../fixtures/elf';
import {
  BOOT_MS,
  Crosvm,
  hostLacksKvm,
  polled,
  runCrosvm,
  Scratch,
  testUnless,
  tooSlow,
} from '../harness';

/** `mov dx, PORT; mov al, VALUE; out dx, al`, and then it halts. */
const write = (port: number, value: number): number[] => [
  ...[0x66, 0xba, port & 0xff, port >> 8],
  ...[0xb0, value],
  0xee,
];

/** What pvpanic is told. */
const PANIC = write(0x505, 1);

/** The i8042's line to the reset of the machine. */
const RESET = write(0x64, 0xfe);

const RESTARTS = 3;

const lack = tooSlow() ?? hostLacksKvm();

/** Starts a kernel that does this. */
function start(files: Scratch, code: readonly number[], options: readonly string[]): Crosvm {
  const kernel = files.file('kernel');
  writeFileSync(kernel, elfFile({ code }));
  return Crosvm.spawn(['run', ...options, kernel], { noInput: true });
}

/** What a VM is, once that is as it is to be, or does not get so. */
async function status(
  socket: string,
  isRight: (now: { readonly state: string; readonly restarts: number }) => boolean,
): Promise<{ readonly state: string; readonly restarts: number } | undefined> {
  const ask = async () => {
    try {
      using client = await ControlClient.connect(socket, { timeoutMs: BOOT_MS });
      return await client.status();
    } catch {
      return undefined;
    }
  };
  return polled(BOOT_MS, ask, (now) => now !== undefined && isRight(now));
}

describe('a guest', () => {
  testUnless(lack, 'that panics ends crosvm with status 34', async () => {
    using files = new Scratch();
    await using vm = start(files, PANIC, []);

    expect(await vm.ended(BOOT_MS)).toEqual({ code: 34, signal: null });
    expect(vm.stderr.text).toBe('');
  });

  testUnless(lack, 'that panics is held, can be looked at, and stopped', async () => {
    using files = new Scratch();
    const socket = files.file('vm.sock');
    await using vm = start(files, PANIC, ['--on-panic', 'hold', '-s', socket]);
    const held = await status(socket, ({ state }) => state === 'halted');
    const refused = await runCrosvm('suspend', socket);
    const stopped = await runCrosvm('stop', socket);

    expect(held).toMatchObject({ state: 'halted', restarts: 0 });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain("the guest's kernel has panicked");
    expect(stopped.code).toBe(0);
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
  });

  for (const [what, code, options] of [
    ['panics', PANIC, ['--on-panic', 'restart']],
    ['asks for a reset', RESET, ['--restart']],
  ] as const) {
    testUnless(lack, `that ${what} is started again, in the same process`, async () => {
      using files = new Scratch();
      const socket = files.file('vm.sock');
      await using vm = start(files, code, [...options, '-s', socket]);
      const again = await status(socket, ({ restarts }) => restarts >= RESTARTS);
      const stopped = await runCrosvm('stop', socket);

      expect(again?.restarts).toBeGreaterThanOrEqual(RESTARTS);
      expect(again).toMatchObject({ pid: await vm.pid() });
      expect(stopped).toMatchObject({ code: 0, stderr: '' });
      expect(await vm.ended()).toEqual({ code: 0, signal: null });
      expect(files.list()).toEqual(['kernel']);
    });
  }
});

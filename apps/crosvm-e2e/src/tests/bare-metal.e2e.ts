import { readFileSync } from 'node:fs';

import {
  bareMetalOutput,
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  emptyImage,
  hostLacksBareMetal,
  scaled,
  Scratch,
  testUnless,
  tooSlowUnless,
} from '../harness';

const MIB = 2 ** 20;

/** Most time for a program that does much. */
const WORK_MS = scaled(20_000);

const lack = hostLacksBareMetal();

describe.each([
  ['a process for each device', []],
  ['one process for all devices', ['--disable-sandbox']],
])('the bare-metal guest with %s', (_, options) => {
  const lackOfWay = lack ?? tooSlowUnless(options.length === 0);

  for (const [program, does] of [
    ['selftest', 'finds every device as it has to be'],
    ['hostile', 'breaks every rule, and the machine goes on'],
  ] as const) {
    testUnless(lackOfWay, `${does}: ${program}`, async () => {
      using files = new Scratch();
      const readOnly = emptyImage(files.file('read-only'), 4 * MIB);
      const disks = [
        ...['--rwdisk', `${emptyImage(files.file('disk'), 8 * MIB)},id=hello`],
        ...['--disk', readOnly],
      ];
      const args = ['run', ...options, ...disks, bareMetalProgram(program)];
      await using vm = Crosvm.spawn(args, { noInput: true });
      await vm.expect(/^\d+ ok, \d+ failed\r?\n/m, BOOT_MS + WORK_MS);

      expect(await vm.ended()).toEqual({ code: 0, signal: null });
      expect(vm.stdout.text.replaceAll('\r', '')).toBe(bareMetalOutput(program));
      // What the guest does wrong is warned of; an error would be a mistake of ours.
      expect(vm.stderr.text).not.toMatch(/^ERROR|crosvm:/m);
      expect(readFileSync(readOnly).equals(Buffer.alloc(4 * MIB))).toBe(true);
    });
  }
});

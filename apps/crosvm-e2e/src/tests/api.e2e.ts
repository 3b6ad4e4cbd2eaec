/* Virtual machines of programs. */

import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type * as CrosvmApi from 'crosvm';

import {
  BOOT_MS,
  checkout,
  emptyImage,
  END_MS,
  HOST_KIND,
  pause,
  Scratch,
  scriptParam,
  testUnless,
  theGuest,
} from '../harness';

const MIB = 2 ** 20;

const run = promisify(execFile);
const guest = theGuest();
const [kernel] = guest.kernels;

// What users of the package have: a bundle would not find the program beside itself.
const { VirtualMachine } = createRequire(__filename)(
  join(checkout(), 'apps/crosvm/dist/index.js'),
) as typeof CrosvmApi;

/** Says what it hears; waits for its disk to grow; waits for the power button. */
const WORK = `
echo '@ready: yes'; read -r line; echo "@heard: $line"
while read -r sectors </sys/block/vda/size && [ $sectors != 4096 ]; do sleep 0.1; done
echo "@grown: yes"
for i in /sys/class/input/event*; do grep -q "Power Button" $i/device/name && break; done
(sleep 0.5; echo '@button: here') &
head -c 24 /dev/input/\${i##*/} >/dev/null
poweroff
`;

/** Asks for a reset when it is told to. */
const RESET = `
echo '@ready: yes'; read -r line; reboot
`;

function configOf(script: string, mem: number): CrosvmApi.VirtualMachineConfig {
  const modules = 'crosvm.modules=virtio_balloon,virtio_blk,button,evdev';
  return {
    kernel: kernel.path,
    initrd: guest.initrdWithModules,
    mem,
    params: ['quiet', 'loglevel=0', modules, scriptParam(script)],
  };
}

/** Waits until the balloon is as full as it is to be. */
async function settled(vm: CrosvmApi.VirtualMachine): Promise<CrosvmApi.BalloonStatistics> {
  for (;;) {
    const balloon = await vm.balloonStats();
    if (balloon.actual === balloon.target) {
      return balloon;
    }
    await pause(50);
  }
}

describe('examples/run-in-vm', () => {
  test(
    'runs a command in a guest, and has its output and its exit status',
    async () => {
      const script = join(checkout(), 'examples/run-in-vm/run-in-vm.mjs');
      const command = 'echo "$((6 * 7)) and $USER"; ls /nonexistent; exit 3';
      const args = [script, kernel.path, guest.initrd, command];

      const outcome = run(process.execPath, args, { timeout: BOOT_MS + 2 * END_MS });

      await expect(outcome).rejects.toMatchObject({
        code: 3,
        stdout: expect.stringMatching(/^42 and .*\nls: \/nonexistent: No such file/) as string,
        stderr: '',
      });
    },
    BOOT_MS + 3 * END_MS,
  );
});

const lack = HOST_KIND === 'emulated' ? 'every boot takes half a minute' : undefined;

testUnless(
  lack,
  'a program has two guests: their consoles, counters, clocks, memory, disk, power button and ends',
  async () => {
    using files = new Scratch();
    const image = emptyImage(files.file('image'), MIB);
    const limit = { timeoutMs: BOOT_MS };
    const events: unknown[] = [];
    await using vm = new VirtualMachine({ ...configOf(WORK, 160), rwdisk: image });
    await using other = new VirtualMachine(configOf(RESET, 128));
    vm.on('running', () => events.push('running'));
    vm.on('exit', (reason) => events.push(reason));
    vm.on('log', (line) => events.push(line));

    await Promise.all([vm.start(), other.start()]);
    await Promise.all([vm, other].map((each) => each.console.expect(/^@ready: yes/m, limit)));
    vm.console.write('a word\n');
    const { match } = await vm.console.expect(/^@heard: (.*?)\r*\n/m, limit);
    await expect(vm.console.expect('@grown', { timeoutMs: 50 })).rejects.toMatchObject({
      name: 'ExpectError',
      code: 'TIMEOUT',
    });
    expect(match[1]).toBe('a word');

    const { vcpus, devices } = await vm.metrics();
    const countsOf = (wanted: string) => devices.find(({ kind }) => kind === wanted)?.counts;
    expect(vcpus).toHaveLength(1);
    expect(vcpus[0]?.exits.portWrites).toBeGreaterThan(0);
    expect(countsOf('block')?.requests).toBeGreaterThan(0);
    expect(countsOf('serial')?.fromGuestBytes).toBeGreaterThan(0);

    await vm.suspend();
    other.console.write('\n');
    const reset = await other.exited;
    const { state } = await vm.status();
    await vm.resume();
    expect([reset, state]).toEqual([{ kind: 'reset' }, 'suspended']);

    const asked = await vm.balloon(32 * MIB);
    const full = await settled(vm);
    expect([asked.target, asked.hasDriver, full.actual]).toEqual([32 * MIB, true, 32 * MIB]);
    expect(full.statistics?.totalMemory).toBeGreaterThan(64 * MIB);

    await vm.resizeDisk(0, 2 * MIB);
    await vm.console.expect(/^@grown: yes/m, limit);
    const refused = vm.resizeDisk(0, MIB);
    await expect(refused).rejects.toMatchObject({
      name: 'ControlFailedError',
      code: 'CONTROL_FAILED',
      cause: { code: 'REFUSED' },
    });
    expect(statSync(image).size).toBe(2 * MIB);

    await vm.console.expect(/^@button: here/m, limit);
    await vm.powerButton();
    expect(await vm.exited).toEqual({ kind: 'poweroff' });
    expect(events).toEqual(['running', { kind: 'poweroff' }]);
    await expect(vm.metrics()).rejects.toMatchObject({ code: 'WRONG_STATE' });
  },
);

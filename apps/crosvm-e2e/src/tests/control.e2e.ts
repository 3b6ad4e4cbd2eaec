/* VMs that are controlled by their sockets while their guests work. */

import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';

import { ControlClient } from '@crosvm/vm-control';

import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  CROSVM,
  Crosvm,
  hostLacksDirectIo,
  pause,
  randomImage,
  scaled,
  Scratch,
  scriptImage,
} from '../harness';

const MIB = 2 ** 20;

/** Most time for what a guest does. */
const WORK_MS = scaled(20_000);

/** How long the guest stands still. */
const PAUSE_MS = scaled(1000);

const CLIENTS = 8;
const REQUESTS = 125;

const execute = promisify(execFile);

/** What a command of crosvm says. */
async function crosvm(...args: string[]): Promise<string> {
  return (await execute(CROSVM, args)).stdout;
}

/** Writes a disk and reads it back all the time; tells the time when asked; waits for the power button. */
const WORK = `
dd if=/dev/urandom of=/tmp/data bs=64k count=32 2>/dev/null
set -- $(md5sum </tmp/data); right=$1
(
  rounds=0 wrong=0
  while [ ! -e /tmp/stop ]; do
    dd if=/tmp/data of=/dev/vda bs=64k oflag=direct 2>/dev/null || wrong=$((wrong + 1))
    set -- $(dd if=/dev/vda bs=64k count=32 iflag=direct 2>/dev/null | md5sum)
    [ $1 = $right ] || wrong=$((wrong + 1))
    rounds=$((rounds + 1))
  done
  [ $rounds -gt 1 ] && echo "@wrong: $wrong"
) &
for moment in first second; do
  read -r line; read -r up rest </proc/uptime; echo "@$moment: $up"
done
read -r line; : >/tmp/stop; wait
for input in /sys/class/input/event*; do
  grep -q "Power Button" $input/device/name && break
done
(sleep 0.5; echo "@button: here") &
head -c 24 /dev/input/$(basename $input) >/dev/null
poweroff
`;

/** What `first` and `second` are in the guest, in milliseconds. */
function millisecondsBetween(text: string): number {
  const { first, second } = facts(text);
  return (Number(second) - Number(first)) * 1000;
}

/** There is no such kind of request. */
const never = (): Promise<never> => Promise.reject(new Error('no such request'));

/** Asks for everything that changes nothing for long, as often as it is told. Returns why it had no answer. */
async function chatter(socket: string, seed: number): Promise<readonly string[]> {
  using client = await ControlClient.connect(socket, { timeoutMs: WORK_MS });
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => client.status(),
    () => client.call('version', {}),
    () => client.call('balloonStats', {}),
    () => client.suspend().then(() => client.resume()),
  ];
  const answers = await Promise.allSettled(
    Array.from({ length: REQUESTS }, (_, index) =>
      (kinds[(index + seed) % kinds.length] ?? never)(),
    ),
  );
  return answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []));
}

test('a guest that works on its disk is suspended, asked much, resumed, and switched off by its power button', async () => {
  using files = new Scratch();
  const image = randomImage(files.file('image'), 2 * MIB);
  const script = scriptImage(files.file('script'), WORK);
  const socket = files.file('vm.sock');
  const options = [
    '-s',
    socket,
    '--rwdisk',
    `${image},o_direct=${String(hostLacksDirectIo() === undefined)}`,
    '-d',
    script,
  ];
  // Where the TSC is the host's, it cannot stand still.
  const params = ['crosvm.exec=/dev/vdb', 'clocksource=kvm-clock'];
  const modules = ['virtio_blk', 'virtio_balloon', 'button', 'evdev'];
  await using vm = Crosvm.spawn(bootArguments({ options, modules, params }));
  vm.type('\n');
  await vm.expect(/^@first: /m, BOOT_MS + WORK_MS);
  const begin = performance.now();
  const silent = connect(socket);

  expect(await crosvm('suspend', socket)).toContain('suspended');
  expect(await crosvm('status', socket)).toMatch(
    /: suspended, .*\n(?: {2}.*\n)* {2}disk vda: process \d+/,
  );
  await pause(PAUSE_MS);
  expect(await crosvm('resume', socket)).toContain('resumed');
  vm.type('\n');
  await vm.expect(/^@second: /m, WORK_MS);
  const passed = performance.now() - begin;
  expect(millisecondsBetween(vm.stdout.text)).toBeLessThan(passed - PAUSE_MS / 2);

  const seeds = Array.from({ length: CLIENTS }, (_, index) => index);
  const refused = await Promise.all(seeds.map((seed) => chatter(socket, seed)));
  const reasons = new Set(refused.flat());
  expect({ reasons, said: vm.stderr.text }).toEqual({ reasons: new Set(), said: '' });

  vm.type('\n');
  await vm.expect(/^@button: here/m, WORK_MS);
  expect(await crosvm('powerbtn', socket)).toContain('pressed');
  expect(await vm.ended(WORK_MS)).toEqual({ code: 0, signal: null });
  expect(facts(vm.stdout.text)).toMatchObject({ wrong: '0' });
  expect(vm.stderr.text).toBe('');
  silent.destroy();
});

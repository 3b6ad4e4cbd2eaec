import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { FORKABLE_NODE_FLAGS, INTERPRETER_NODE_FLAGS } from '@crosvm/io-jail';

import { forbiddenCalls, readRecord, unusedAlternatives } from '../fixtures/seccomp-record';
import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  emptyImage,
  hostLacksBareMetal,
  hostLacksDirectIo,
  hostLacksLoopDevices,
  hostLacksNamespaces,
  LoopDevice,
  scaled,
  Scratch,
  testUnless,
  withSmallFileSystem,
} from '../harness';

const MIB = 2 ** 20;
const DISK_BYTES = 8 * MIB;

/** Most time for a program that does much, each of whose calls is asked about. */
const WORK_MS = scaled(30_000);

const lack =
  hostLacksBareMetal() ?? hostLacksNamespaces() ?? hostLacksLoopDevices() ?? hostLacksDirectIo();

/** What policies permit although it is not always seen, with the reason. */
const SELDOM: ReadonlyMap<string, string> = new Map([
  ['clock_gettime: 1', 'most machines tell the time without a call'],
  [
    'futex: arg1 == FUTEX_WAKE_PRIVATE',
    'V8 has something to do for a thread that the zygote had, now and then',
  ],
  ['madvise: arg2 == MADV_DONTFORK', 'the filter of the zygote answers it before anybody is asked'],
  ['madvise: arg2 == MADV_DONTNEED', 'V8 of Node 24 and 26 gives up a part of its heap'],
  ['mprotect: arg2 in PROT_READ | PROT_WRITE', 'V8 of Node 20 takes what it has set aside'],
]);

/** The calls of all devices, while a program of the bare-metal guest tests each of them. */
async function recordDevices(files: Scratch): Promise<string> {
  using small = new Scratch();
  using loop = new LoopDevice(emptyImage(files.file('loop'), DISK_BYTES));
  const record = files.file('devices');
  const disks = [
    `${loop.path},id=hello`,
    emptyImage(files.file('file'), DISK_BYTES),
    `${emptyImage(files.file('direct'), DISK_BYTES)},o_direct=true`,
    // Where zeroes have to be written.
    `${small.file('disk')},sparse=false`,
  ].flatMap((disk) => ['--rwdisk', disk]);
  const args = ['run', '--seccomp-record', record, ...disks, bareMetalProgram('selftest')];
  const wrapper = withSmallFileSystem(small.path, { room: 2 * DISK_BYTES, size: DISK_BYTES });
  await using vm = Crosvm.spawn(args, { noInput: true, wrapper });
  await vm.expect(/^\d+ ok, 0 failed\r?\n/m, BOOT_MS + WORK_MS);
  expect(await vm.ended()).toEqual({ code: 0, signal: null });
  return record;
}

/** The calls of a process that makes much garbage under a policy. */
function recordGarbage(files: Scratch, policy: string, mode: string): string {
  const record = files.file(mode);
  const flags = [...FORKABLE_NODE_FLAGS, ...INTERPRETER_NODE_FLAGS];
  const args = [...flags, join(__dirname, 'garbage-host.js'), policy, record, mode];
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return record;
}

testUnless(lack, 'policies permit what devices do, and nothing else', async () => {
  using files = new Scratch();
  const devices = readRecord(await recordDevices(files));
  const policies = [...new Set(devices.map(({ policy }) => policy))];
  const [policy = ''] = policies;
  const garbage = ['compiled', 'interpreted'].map((mode) => recordGarbage(files, policy, mode));
  const calls = [...devices, ...garbage.flatMap(readRecord)];

  expect(policies).toHaveLength(4);
  expect(forbiddenCalls(calls)).toEqual([]);
  const unused = unusedAlternatives(calls);
  expect(unused.filter((one) => !SELDOM.has(one.replace(/^\w+\.policy: /, '')))).toEqual([]);
});

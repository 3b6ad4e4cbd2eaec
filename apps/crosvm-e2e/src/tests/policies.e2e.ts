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

/** The same of crosvm itself, by beginnings. */
const SELDOM_ITSELF: readonly (readonly [beginning: string, reason: string])[] = [
  ['futex: ', 'which a thread waits by depends on what others do meanwhile'],
  ['sched_yield', 'the same'],
  ['ioctl: arg1 == KVM_', 'Linux has its PCI devices moved, and given interrupts, when it likes'],
  ['ioctl: arg1 == TCGETS', 'there is no terminal'],
  ['ioctl: arg1 == TCSETS', 'there is no terminal'],
  ['ioctl: arg1 == TIOC', 'there is no terminal'],
  ['getpgid', 'there is no terminal'],
  ['kill: arg1 == SIGTSTP', 'there is no terminal'],
  ['kill: arg1 == SIGKILL', 'all hosts end in order'],
  ['wait4', 'the zygote ends when it likes'],
  ['ioctl: arg1 == SECCOMP_IOCTL_NOTIF', 'where calls are recorded, they always are'],
  ['tgkill', 'the guest stops by itself'],
  ['gettid', 'of a thread that aborts'],
  ['rt_sigtimedwait', 'what is left of a kick'],
  ['madvise: arg2 == MADV_', 'V8 and the guest use as much memory as they like'],
  ['brk', 'libc takes as much memory as it likes'],
  ['mremap', 'of libc, for large blocks'],
  ['restart_syscall', 'of the kernel, after the process was stopped'],
  ['memfd_create', 'there is no compositor'],
  ['fcntl: arg1 == F_', 'there is no compositor'],
  ['sendto', 'there is no syslog'],
  ['accept4', 'there is no control socket'],
  ['getsock', 'there is no control socket'],
  ['ioctl: arg1 == FIONBIO', 'there is no control socket'],
  ['statx', 'there is no control socket'],
  [
    'fstat',
    'of Node, when standard error is used for the first time, or when it takes itself down',
  ],
  ['fsync', 'of Node, when it takes itself down, which 24 and later do not'],
  ['unlink', 'there is no control socket'],
  ['ftruncate', 'no disk is resized'],
  ['prlimit64', 'no disk is resized'],
  ['lseek', 'no disk is resized, and the guest ends before it has huge pages'],
  ['fallocate', 'the balloon stays empty'],
  ['timerfd_settime', 'the alarms of the clock were set before'],
  ['writev', 'of Node, for much at a time'],
  ['sched_get', 'of Node from 24 on'],
  ['clock_nanosleep', 'of Node from 24 on'],
  ['clock_gettime', 'most machines tell the time without a call'],
];

function isSeldom(unused: string): boolean {
  const [, file = '', text = ''] = /^(\w+)\.policy: (.*)$/s.exec(unused) ?? [];
  return file === 'vmm'
    ? SELDOM_ITSELF.some(([beginning]) => text.startsWith(beginning))
    : SELDOM.has(text);
}

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
  const [policy = ''] = policies.filter((file) => !file.endsWith('/vmm.policy'));
  const garbage = ['compiled', 'interpreted'].map((mode) => recordGarbage(files, policy, mode));
  const calls = [...devices, ...garbage.flatMap(readRecord)];

  expect(policies).toHaveLength(5);
  expect(forbiddenCalls(calls)).toEqual([]);
  expect(unusedAlternatives(calls).filter((one) => !isSeldom(one))).toEqual([]);
});

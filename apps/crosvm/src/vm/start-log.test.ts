import { type LogLevel, sinkLogger } from '@crosvm/sys-util';
import { memoryRegions } from '@crosvm/x86-64';

import type { RunConfig } from '../config';
import type { LoadedGuest } from './load-guest';
import { logStart, StartTimes } from './start-log';

const MIB = 1024 ** 2;

const CONFIG: RunConfig = {
  kernel: '/boot/vmlinux',
  params: [],
  memory: 256,
  cpus: 2,
  serial: [
    { type: 'stdout', num: 1, console: true, stdin: true },
    { type: 'file', num: 2, path: 'boot.log', console: false, stdin: false },
  ],
  disks: [],
  sandbox: true,
};

const GUEST = {
  kernel: { kind: 'bzImage', start: 0x10_0000, end: 0x200_0000, entry: 0x10_0200 },
  initrd: { at: 0xf00_0000, size: 0x1000 },
  commandLine: 'console=ttyS0 panic=-1',
} as LoadedGuest;

function timesOf(...clock: number[]): StartTimes {
  const times = new StartTimes(() => clock.shift() ?? 0);
  times.ended('program');
  times.ended('machine');
  return times;
}

function logged(level: LogLevel, config = CONFIG, guest = GUEST): string[] {
  const lines: string[] = [];
  const log = sinkLogger({
    level,
    write: (record) => lines.push(`${record.level} ${record.message}`),
  });
  const ranges = memoryRegions(config.memory * MIB);
  logStart(log, { config, guest, ranges, times: timesOf(80, 90.54) });
  return lines;
}

const INFO = [
  "info kernel '/boot/vmlinux': bzImage, entry 0x100200",
  'info 256 MiB of memory, 2 vCPUs',
  "info serial ports: COM1 to stdout, console, stdin; COM2 to file 'boot.log'",
];

describe('logStart', () => {
  it('says nothing of a start at the level of warnings', () => {
    expect(logged('warn')).toEqual([]);
  });

  it('says at info what the VM is made of', () => {
    expect(logged('info')).toEqual(INFO);
  });

  it('says at debug what the guest finds, and how long the start took, too', () => {
    expect(logged('debug')).toEqual([
      ...INFO,
      'debug kernel command line: console=ttyS0 panic=-1',
      'debug initrd: 0xf000000-0xf000fff',
      expect.stringMatching(
        /^debug memory map \(e820\): 0x0-0x9fbff usable, .*0x100000-0xfffffff usable, .* reserved$/,
      ),
      'debug start: program 80.0 ms, machine 10.5 ms',
    ]);
  });

  it('says what there is not', () => {
    const lines = logged(
      'debug',
      { ...CONFIG, cpus: 1, serial: [] },
      { ...GUEST, initrd: undefined },
    );

    expect(lines).toContain('info 256 MiB of memory, 1 vCPU');
    expect(lines).toContain('info serial ports: none connected');
    expect(lines.join()).not.toContain('initrd');
  });
});

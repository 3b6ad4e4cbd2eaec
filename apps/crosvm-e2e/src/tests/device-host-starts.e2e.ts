import { readFileSync } from 'node:fs';

import { ownFilters } from '@crosvm/io-jail';

import {
  bareMetalProgram,
  type Blow,
  BLOWS,
  BOOT_MS,
  Crosvm,
  EARLY_BLOWS,
  emptyImage,
  HOST_KIND,
  hostLacksBareMetal,
  HostTraces,
  kill,
  pause,
  PROMPT_MS,
  scaled,
  Scratch,
  type SpawnOptions,
  testUnless,
  tooSlowUnless,
  until,
  waits,
} from '../harness';

const lack = hostLacksBareMetal();

const files = new Scratch();
afterAll(() => files[Symbol.dispose]());

const disk = ['--rwdisk', emptyImage(files.file('vda'), 2 ** 20)];

function start(options: SpawnOptions = { noInput: true }): Crosvm {
  return Crosvm.spawn(['run', ...disk, bareMetalProgram('busy')], options);
}

const OWN_FILTERS = ownFilters();

/** Looks so often before others have their turn. */
const LOOKS = 20;

/** A busy machine may look away at an instant. */
const MAX_STARTS = 5;

/** The descendants of a process, in the order of their start. */
function descendants(parent: number): readonly number[] {
  const children = fileOf(parent, `task/${parent}/children`).trim().split(' ').filter(Boolean);
  return children
    .map(Number)
    .flatMap((pid) => [pid, ...descendants(pid)])
    .sort((one, other) => one - other);
}

/** Looks for a process among the descendants of another one. */
type Look = (pids: readonly number[]) => number | undefined;

/**
 * What is found among the descendants of crosvm, as soon as it is there: it may be so for milliseconds.
 * Undefined if the guest has all its devices by then.
 */
async function caught(vm: Crosvm, look: Look): Promise<number | undefined> {
  const parent = await vm.pid();
  const deadline = performance.now() + BOOT_MS;
  while (vm.stdout.text === '' && performance.now() < deadline) {
    for (let count = 0; count < LOOKS; count += 1) {
      const found = look(descendants(parent));
      if (found !== undefined) {
        return found;
      }
    }
    await pause(1);
  }
  return undefined;
}

/** Starts a VM and catches a process of it: of another one, where it was missed. */
async function startAndCatch(
  look: Look,
  starts = MAX_STARTS,
): Promise<{ readonly vm: Crosvm; readonly pid: number }> {
  const vm = start();
  const pid = await caught(vm, look);
  if (pid !== undefined) {
    return { vm, pid };
  }
  await vm.dispose();
  if (starts === 1) {
    throw new Error('the process was there in no start');
  }
  return startAndCatch(look, starts - 1);
}

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function isZygote(pid: number): boolean {
  return fileOf(pid, 'cmdline').includes('device-zygote.js');
}

/** How many filters of system calls a process in a jail has, besides ours; undefined if it is in none. */
function filtersOf(pid: number): number | undefined {
  const status = fileOf(pid, 'status');
  const filters = /^Seccomp_filters:\t(\d+)$/m.exec(status)?.[1];
  return /^NSpid:\t\d+\t1$/m.test(status) ? Number(filters) - OWN_FILTERS : undefined;
}

/** In the order of the starts of their hosts. */
const DEVICES = ['serial 1', 'balloon', 'rng', 'disk vda'];

/** An instant of the start of the host of one of `DEVICES`, and what crosvm may say besides of its end then. */
interface StartInstant {
  readonly when: string;
  readonly blows: readonly Blow[];
  readonly or: readonly RegExp[];
  readonly look: (device: number) => Look;
}

const START_INSTANTS: readonly StartInstant[] = [
  {
    when: 'before it is shut',
    blows: EARLY_BLOWS,
    or: [/it cannot be jailed: the process ended before its jail was ready/],
    look: (device) => (pids) => {
      const hosts = pids.filter((pid) => filtersOf(pid) !== undefined);
      const last = hosts.length === device + 1 ? hosts.at(-1) : undefined;
      return last !== undefined && filtersOf(last) === 1 ? last : undefined;
    },
  },
  {
    when: 'as soon as it is shut',
    blows: BLOWS,
    or: [],
    look: (device) => (pids) =>
      pids.find(
        (pid) =>
          filtersOf(pid) === 2 &&
          fileOf(pid, 'cmdline').startsWith(`crosvm ${DEVICES[device]}\0`) &&
          waits(pid),
      ),
  },
];

describe('crosvm that cannot start its device hosts', () => {
  for (const [signal, said] of [
    ['SIGKILL', /the process that it was to be forked from: it ended \(SIGKILL\)/],
    ['SIGSTOP', /the process that it was to be forked from: it was stopped by SIGSTOP/],
    ['SIGSEGV', /the process that it was to be forked from: it ended \(SIGSEGV\)/],
  ] as const) {
    testUnless(lack, `ends at once and says why: the zygote's ${signal}`, async () => {
      const { vm: started, pid } = await startAndCatch((pids) => pids.find(isZygote));
      await using vm = started;
      kill(pid, signal);
      expect(await vm.ended(PROMPT_MS)).toEqual({ code: 1, signal: null });
      expect(vm.stderr.text).toMatch(
        new RegExp(`^crosvm: the device host of [^\n]* failed: ${said.source}\n`),
      );
    });
  }

  for (const { when, blows, or, look } of START_INSTANTS) {
    for (const [index, device] of DEVICES.entries()) {
      for (const [number, { what, said, strike, lack: lackOfBlow }] of blows.entries()) {
        testUnless(
          lack ?? lackOfBlow ?? tooSlowUnless(number % DEVICES.length === index),
          `ends at once and says why: what the host of ${device} meets ${when}, ${what}`,
          async () => {
            const { vm: started, pid: host } = await startAndCatch(look(index));
            await using vm = started;
            const traces = new HostTraces(host);
            strike(host);
            expect(await vm.ended(PROMPT_MS)).toEqual({ code: 1, signal: null });
            const reasons = [said, ...or].map(({ source }) => source).join('|');
            expect(vm.stderr.text).toMatch(
              new RegExp(`^crosvm: the device host of ${device} failed: (?:${reasons})\n$`),
            );
            expect(traces.left).toEqual([]);
          },
        );
      }
    }
  }
});

/** Instants of a start, from before there is JavaScript to when the guest runs. */
const INSTANTS = (
  HOST_KIND === 'emulated' ? [3, 20, 40] : [0, 2, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20]
).map((part) => scaled(5) * part);

describe.each(INSTANTS)('crosvm that has just started: after %d ms', (instant) => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    testUnless(lack, `ends in order by ${signal}`, async () => {
      await using vm = start();
      await pause(instant);
      await vm.signal(signal);
      expect([
        { code, signal: null },
        // It had no handler yet.
        { code: null, signal },
      ]).toContainEqual(await vm.ended(PROMPT_MS));
      // Where a start takes longer than anybody waits at the end.
      expect(vm.stderr.text).toMatch(
        /^(?:WARN the device host of [^\n]+ does not end, and is killed\n)*$/,
      );
    });
  }

  testUnless(lack, 'leaves nothing when it is killed', async () => {
    await using vm = start();
    await pause(instant);
    await vm.signal('SIGKILL');
    expect(await vm.ended(PROMPT_MS)).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

testUnless(
  lack,
  'Ctrl-C before the guest has the terminal ends crosvm and its helpers',
  async () => {
    await using vm = start({ pty: true });
    const parent = await vm.pid();
    await until('a thread of crosvm', BOOT_MS, () =>
      readFileSync(`/proc/${parent}/cmdline`, 'latin1').includes('main.js') ? true : undefined,
    );
    vm.type('\x03');
    expect(await vm.ended()).toEqual({ code: 130, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  },
);

import { readFileSync } from 'node:fs';

import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  emptyImage,
  HOST_KIND,
  hostLacksBareMetal,
  kill,
  pause,
  PROMPT_MS,
  scaled,
  Scratch,
  type SpawnOptions,
  testUnless,
  until,
} from '../harness';

const lack = hostLacksBareMetal();

const files = new Scratch();
afterAll(() => files[Symbol.dispose]());

const disk = ['--rwdisk', emptyImage(files.file('vda'), 2 ** 20)];

function start(options: SpawnOptions = { noInput: true }): Crosvm {
  return Crosvm.spawn(['run', ...disk, bareMetalProgram('busy')], options);
}

/** Looks so often before others have their turn. */
const LOOKS = 100;

/** The first of these processes' descendants that is of the kind wanted. */
function find(parents: readonly number[], isIt: (pid: number) => boolean): number | undefined {
  const children = parents.flatMap((pid) =>
    fileOf(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number),
  );
  return children.length === 0 ? undefined : (children.find(isIt) ?? find(children, isIt));
}

/** A descendant of crosvm that is of the kind wanted, as soon as there is one: it may be there for milliseconds. */
async function caught(vm: Crosvm, isIt: (pid: number) => boolean): Promise<number> {
  const parent = await vm.pid();
  return await until('a process to be there', BOOT_MS, () => {
    let found: number | undefined;
    for (let count = 0; count < LOOKS && found === undefined; count += 1) {
      found = find([parent], isIt);
    }
    return found;
  });
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

/** Whether it is in a jail whose filter is not there yet. */
function isUnfinished(pid: number): boolean {
  const status = fileOf(pid, 'status');
  return /^NSpid:\t\d+\t1$/m.test(status) && /^Seccomp_filters:\t1$/m.test(status);
}

describe('crosvm that cannot start its device hosts', () => {
  for (const [signal, said] of [
    ['SIGKILL', /the process that it was to be forked from: it ended \(SIGKILL\)/],
    ['SIGSTOP', /the process that it was to be forked from: it was stopped by SIGSTOP/],
    ['SIGSEGV', /the process that it was to be forked from: it ended \(SIGSEGV\)/],
  ] as const) {
    testUnless(lack, `ends at once and says why: the zygote's ${signal}`, async () => {
      await using vm = start();
      kill(await caught(vm, isZygote), signal);
      expect(await vm.ended(PROMPT_MS)).toEqual({ code: 1, signal: null });
      expect(vm.stderr.text).toMatch(
        new RegExp(`^crosvm: the device host of [^\n]* failed: ${said.source}\n`),
      );
    });
  }

  // The first process of a namespace hears no other signals that are sent.
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    testUnless(
      lack,
      `ends at once and says why: a host's ${signal} before it is shut`,
      async () => {
        await using vm = start();
        kill(await caught(vm, isUnfinished), signal);
        expect(await vm.ended(PROMPT_MS)).toEqual({ code: 1, signal: null });
        expect(vm.stderr.text).toMatch(
          /^crosvm: the device host of (?:serial 1|rng|balloon|disk vda) failed: [^\n]+\n/,
        );
      },
    );
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

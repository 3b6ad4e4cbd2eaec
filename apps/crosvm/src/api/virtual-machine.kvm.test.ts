import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@crosvm/kvm/testing';

import { ConfigError, StartError } from './errors';
import { VirtualMachine } from './virtual-machine';

const ROOT = join(__dirname, '../../../..');
const GUEST = join(ROOT, 'guests/bare-metal');
const LIMIT_MS = 120_000;

/** A guest that tests one thing and switches off, and one that works until it is ended. */
const SHORT = { kernel: join(GUEST, 'dist/selftest.elf'), params: 'tests=clock' };
const LONG = { kernel: join(GUEST, 'dist/busy.elf') };

const temporary = mkdtempSync(join(tmpdir(), 'crosvm-api-'));
const before = process.env.TMPDIR;

beforeAll(() => {
  execFileSync('make', ['-s', '-C', GUEST]);
  execFileSync(join(ROOT, 'bin/crosvm'), ['--build-only']);
  process.env.TMPDIR = temporary;
}, LIMIT_MS);

afterAll(() => {
  process.env.TMPDIR = before;
  expect(readdirSync(temporary)).toEqual([]);
  rmSync(temporary, { recursive: true });
});

async function textOf(vm: VirtualMachine): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of vm.console) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** Whether a process has ended; whoever adopted it may not have noticed. */
function hasEnded(pid: string): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

describe('VirtualMachine', () => {
  it(
    'runs a guest to its end, and tells of it',
    async () => {
      const events: unknown[] = [];
      await using vm = new VirtualMachine(SHORT);
      vm.on('running', () => events.push('running'));
      vm.on('exit', (reason) => events.push(reason));

      await vm.start();
      const text = await textOf(vm);

      expect(await vm.exited).toEqual({ kind: 'poweroff' });
      expect(events).toEqual(['running', { kind: 'poweroff' }]);
      expect(text).toMatch(/\d+ ok, 0 failed/);
    },
    LIMIT_MS,
  );

  it(
    'is there several times in one program, is controlled, and ended',
    async () => {
      await using first = new VirtualMachine(LONG);
      await using second = new VirtualMachine({ ...LONG, mem: 64 });
      await Promise.all([first.start(), second.start()]);
      [first, second].forEach((vm) => vm.console.resume());

      const statuses = await Promise.all([first.status(), second.status()]);
      const { vcpus, devices } = await first.metrics();
      await second.suspend();
      const { state } = await second.status();
      await second.resume();

      expect(statuses.map(({ pid }) => pid)).toEqual([first.pid, second.pid]);
      expect(statuses.map(({ memory }) => memory / 1024 ** 2)).toEqual([256, 64]);
      expect(vcpus.map(({ index }) => index)).toEqual([0]);
      expect(devices.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['serial', 'rng']));
      expect(state).toBe('suspended');
      expect(await first.stop()).toEqual({ kind: 'stopped' });
      await expect(first.status()).rejects.toMatchObject({ code: 'WRONG_STATE' });
    },
    LIMIT_MS,
  );

  it(
    'ends with a signal, while it starts and when it runs',
    async () => {
      const early = new AbortController();
      const starting = new VirtualMachine(LONG, { signal: early.signal }).start();
      early.abort(new Error('not now'));
      await expect(starting).rejects.toThrow('not now');

      const late = new AbortController();
      const vm = new VirtualMachine(LONG, { signal: late.signal });
      await vm.start();
      vm.console.resume();
      late.abort();
      expect(await vm.exited).toEqual({ kind: 'stopped' });
    },
    LIMIT_MS,
  );

  it(
    'tells in the words of crosvm run why it does not start',
    async () => {
      const missing = new VirtualMachine({ kernel: '/nonexistent' });

      await expect(missing.start()).rejects.toBeInstanceOf(StartError);
      await expect(missing.start()).rejects.toMatchObject({ code: 'WRONG_STATE' });
      expect(() => new VirtualMachine({ ...LONG, mem: 0 })).toThrow(ConfigError);
    },
    LIMIT_MS,
  );

  it(
    'is gone when its program is killed',
    async () => {
      const script = `
        const { VirtualMachine } = require(${JSON.stringify(join(ROOT, 'apps/crosvm/dist/index.js'))});
        const vm = new VirtualMachine(${JSON.stringify(LONG)});
        vm.start().then(() => { vm.console.resume(); console.log(vm.pid); });`;
      const program = spawn(process.execPath, ['-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TMPDIR: mkdtempSync(join(tmpdir(), 'killed-')) },
      });
      const [pid] = (await program.stdout.take(1).toArray()) as Buffer[];
      program.kill('SIGKILL');

      await eventually(() => hasEnded(String(pid).trim()));
      readdirSync(temporary).forEach((name) => rmSync(join(temporary, name), { recursive: true }));
      expect(hasEnded(String(pid).trim())).toBe(true);
    },
    LIMIT_MS,
  );
});

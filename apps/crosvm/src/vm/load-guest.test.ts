import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GuestMemory } from '@crosvm/sys-util';

import type { RunConfig } from '../config';
import { UserError } from '../user-error';
import { kernelCommandLine, loadGuest } from './load-guest';

const config = (changes: Partial<RunConfig> = {}): RunConfig => ({
  kernel: 'vmlinux',
  params: [],
  memory: 256,
  cpus: 1,
  serial: [{ type: 'stdout', num: 1, console: true, stdin: true }],
  disks: [],
  sandbox: true,
  ...changes,
});

describe('the kernel command line', () => {
  it('has what the devices need, then what the user wants, in order', () => {
    const line = kernelCommandLine(config({ params: ['quiet a=1', 'panic=5'] }));
    expect(line).toBe('console=ttyS0 reboot=k panic=-1 quiet a=1 panic=5');
  });

  it.each([
    [0, 'root=/dev/vda ro'],
    [1, 'root=/dev/vdb rw'],
  ])('names disk %d as the root, before what the user wants', (root, expected) => {
    const disks = [
      { path: 'a', readOnly: true },
      { path: 'b', readOnly: false },
    ];
    const line = kernelCommandLine(config({ disks, root, params: ['root=/dev/vdc'] }));
    expect(line).toMatch(new RegExp(` ${expected} root=/dev/vdc$`));
  });

  it('names no root where there are only other disks', () => {
    const disks = [{ path: 'a', readOnly: false }];
    expect(kernelCommandLine(config({ disks }))).not.toContain('root');
  });

  it('names the console that there is, or none', () => {
    const second = { type: 'stdout', num: 2, console: true, stdin: false } as const;
    expect(kernelCommandLine(config({ serial: [second] }))).toMatch(/^console=ttyS1 /);
    expect(kernelCommandLine(config({ serial: [] }))).not.toContain('console');
  });
});

describe('loadGuest', () => {
  const memory = GuestMemory.create([{ at: 0, size: 0x40_0000 }]);
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosvm-test-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('names the kernel that is none', () => {
    const kernel = join(folder, 'notes.txt');
    writeFileSync(kernel, 'buy milk\n');
    const load = (): unknown => loadGuest(memory, config({ kernel }));
    expect(load).toThrow(UserError);
    expect(load).toThrow(`kernel '${kernel}' is`);
  });

  it('says what is wrong with a parameter', () => {
    const load = (): unknown => loadGuest(memory, config({ params: ['caf\u00e9'] }));
    expect(load).toThrow('the kernel command line has the character U+00E9');
    const long = (): unknown => loadGuest(memory, config({ params: ['x'.repeat(3000)] }));
    expect(long).toThrow('the kernel command line is 30');
  });
});

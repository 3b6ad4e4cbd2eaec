import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GuestMemory } from '@crosvm/sys-util';

import { fileSource, KernelCommandLine, loadInitrd, loadKernel } from './index';
import { tinyElf } from './testing';

const directory = mkdtempSync(join(tmpdir(), 'kernel-loader-'));
const open = (name: string) => openSync(join(directory, name), 'r');

afterAll(() => {
  rmSync(directory, { recursive: true });
});

it('does what the README says', () => {
  const MiB = 1024 * 1024;
  const segments = [{ at: 16 * MiB, bytes: Uint8Array.of(0xf4) }];
  writeFileSync(join(directory, 'vmlinux'), tinyElf({ segments }));
  writeFileSync(join(directory, 'initrd.img'), 'initrd');

  const memory = GuestMemory.create([{ at: 0, size: 256 * MiB }]);
  const kernel = loadKernel(memory, fileSource(open('vmlinux')));
  const initrd = loadInitrd(memory, fileSource(open('initrd.img')), kernel);
  const commandLine = new KernelCommandLine().insert('console', 'ttyS0').insertStr('quiet');

  expect(kernel.entry).toBe(16 * MiB);
  expect(kernel.setupHeader.pref_address).toBe(16 * MiB);
  expect(initrd.at).toBe(256 * MiB - 4096);
  expect(commandLine.toString()).toBe('console=ttyS0 quiet');
});

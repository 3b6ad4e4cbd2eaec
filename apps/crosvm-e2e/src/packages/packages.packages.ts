import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { itIf } from '@crosvm/kvm/testing';

import { Consumer, type Resolution } from './consumer';
import { Registry } from './registry';
import { publishAll, uploadDependencies, workspacePackages } from './workspace';

const ROOT = join(__dirname, '../../../..');
const GUEST = join(ROOT, 'guests/bare-metal');

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const itWithKvm = itIf(isThere('/dev/kvm'), '/dev/kvm cannot be opened for reading and writing');
const itWithVsock = itIf(isThere('/dev/vhost-vsock'), 'there is no /dev/vhost-vsock');

const scratch = mkdtempSync(join(tmpdir(), 'crosvm-packages-'));
const names = workspacePackages().map(({ name }) => name);
let registry: Registry;
let consumer: Consumer;
let examples: readonly string[] = [];
let pages: readonly string[] = [];

beforeAll(async () => {
  const [store, user] = ['registry', 'user'].map((name) => join(scratch, name)) as [string, string];
  [store, user].forEach((directory) => mkdirSync(directory));
  execFileSync('make', ['-s', '-C', GUEST]);
  registry = await Registry.start(store);
  publishAll(registry);
  await uploadDependencies(registry, ['@types/node']);
  consumer = new Consumer(user, registry);
  consumer.install([...names, '@types/node']);
  examples = consumer.writeExamples(names);
  pages = consumer.writePages();
  // What the examples boot and use.
  copyFileSync(join(GUEST, 'dist/selftest.elf'), join(user, 'vmlinux'));
  writeFileSync(join(user, 'initrd.img'), 'an initial ramdisk');
  writeFileSync(join(user, 'disk.img'), Buffer.alloc(64 * 1024));
});

afterAll(() => {
  registry[Symbol.dispose]();
  rmSync(scratch, { recursive: true });
});

/** Runs an example of a README. */
const runExample = (name: string, ...wrapper: string[]) => {
  const args = [process.execPath, `built/examples/${name}.mjs`];
  return consumer.run('env', ...wrapper, ...args);
};

describe('the packages, published to a registry and installed from it', () => {
  it('pass publint and "are the types wrong"', () => {
    const directories = workspacePackages().map(({ staged }) => staged);
    const script = join(__dirname, 'lint-package.mjs');

    const found = spawnSync(process.execPath, [script, ...directories], { encoding: 'utf8' });

    expect(found).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it.each<Resolution>(['node16', 'nodenext', 'bundler'])(
    'have types for programs of ES modules and CommonJS that resolve by %s',
    (resolution) => {
      expect(consumer.compile(resolution, resolution === 'nodenext' ? 'built' : undefined)).toBe(
        '',
      );
    },
  );

  it('have an example in each README', () => {
    expect(examples).toEqual(names);
  });

  it('have pages whose programs were compiled with the others', () => {
    expect(pages).toEqual(expect.arrayContaining(['control', 'echo', 'hello', 'many']));
  });

  it('parse a kernel', () => {
    expect(consumer.run(process.execPath, 'built/parse-kernel.cjs', 'vmlinux')).toEqual({
      status: 0,
      stdout: 'vmlinux true true KernelError\n',
      stderr: '',
    });
  });

  it('compile a policy', () => {
    expect(consumer.run(process.execPath, 'built/compile-policy.cjs')).toEqual({
      status: 0,
      stdout: 'read allow\nwrite kill-process\nopenat errno\n',
      stderr: '',
    });
  });

  it('drive a queue', () => {
    expect(consumer.run(process.execPath, 'built/drive-queue.mjs')).toEqual({
      status: 0,
      stdout: 'ping [ { id: 0, len: 4 } ]\npong\n',
      stderr: '',
    });
  });

  itWithKvm('boot a tiny guest by @crosvm/kvm alone', () => {
    expect(consumer.run(process.execPath, 'built/tiny-guest.mjs')).toEqual({
      status: 0,
      stdout: 'hello from the guest\n',
      stderr: '',
    });
  });

  itWithKvm('run a guest by npx crosvm run, its devices jailed', () => {
    const { status, stdout, stderr } = consumer.run('npx', 'crosvm', 'run', 'vmlinux');

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d+ ok, 0 failed/m);
    expect(status).toBe(0);
  });

  it.each([
    'data-model',
    'devices',
    'disk',
    'io-jail',
    'kernel-loader',
    'kvm-sys',
    'net-sys',
    'sys-util',
    'syscall-defines',
    'virtio-sys',
  ])('have an example that runs: %s', (name) => {
    expect(runExample(name)).toMatchObject({ status: 0, stderr: '' });
  });

  it('have an example that runs: net-util, in a network namespace of its own', () => {
    expect(runExample('net-util', 'unshare', '-Urn')).toMatchObject({ status: 0, stderr: '' });
  });

  itWithKvm('have an example that runs: kvm', () => {
    expect(runExample('kvm')).toMatchObject({ status: 0, stderr: '' });
  });

  itWithKvm('have an example that runs: crosvm', () => {
    const { status, stdout, stderr } = runExample('crosvm');

    expect(stderr).toBe('');
    expect(stdout).toMatch(/ 0 failed[^]*poweroff\n$/);
    expect(status).toBe(0);
  });

  itWithKvm('have an example that runs: x86-64', () => {
    expect(runExample('x86-64')).toMatchObject({ status: 0, stderr: '' });
  });

  itWithVsock('have an example that runs: vhost', () => {
    expect(runExample('vhost')).toMatchObject({ status: 0, stderr: '' });
  });
});

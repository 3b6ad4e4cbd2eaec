import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expectRefusal } from '../fixtures/refusal';
import {
  afterMounts,
  ANSWER_MS,
  bareMetalProgram,
  BOOT_MS,
  checkout,
  Crosvm,
  emptyImage,
  hostLacksBareMetal,
  hostLacksNamespaces,
  inChroot,
  Scratch,
  testUnless,
  tooSlow,
  withoutNamespaces,
} from '../harness';

const lack = hostLacksBareMetal() ?? hostLacksNamespaces();

const busy = ['run', bareMetalProgram('busy')];

describe('where devices cannot be jailed, crosvm run ends and says what to do', () => {
  for (const [index, kind] of ['user', 'net', 'mnt'].entries()) {
    testUnless(lack ?? tooSlow(index), `without ${kind} namespaces`, async () => {
      const says =
        /device host of (?:serial 1|rng) failed: it cannot be jailed: new namespaces: .*ENOSPC/;
      const hint = new RegExp(`sysctl user\\.max_${kind}_namespaces=`);
      await expectRefusal(busy, { status: 1, says, hint }, { wrapper: withoutNamespaces(kind) });
    });
  }

  testUnless(lack ?? tooSlow(), 'where it may not have namespaces', async () => {
    using directory = new Scratch();
    const says =
      /device host of (?:serial 1|rng) failed: it cannot be jailed: new namespaces: .*EPERM/;
    const hint = /container or a security module/;
    await expectRefusal(busy, { status: 1, says, hint }, { wrapper: inChroot(directory.path) });
  });

  testUnless(lack ?? tooSlow(), 'without /proc', async () => {
    const wrapper = afterMounts('mount -t tmpfs none /proc');
    const says = /device hosts cannot be started: .*\/proc/;
    await expectRefusal(busy, { status: 1, says, hint: /mount -t proc/ }, { wrapper });
  });

  testUnless(lack ?? tooSlow(), 'although the guest has ended before that was known', async () => {
    using directory = new Scratch();
    const selftest = ['run', '-p', 'tests=none', bareMetalProgram('selftest')];
    const says = /it cannot be jailed: new namespaces: .*EPERM/;
    const hint = /container or a security module/;
    await expectRefusal(selftest, { status: 1, says, hint }, { wrapper: inChroot(directory.path) });
  });
});

describe('a jail with a root of its own is had', () => {
  for (const [index, [what, command]] of (
    [
      ['with an empty /var/empty', 'mkdir /var/empty'],
      ['without /var/empty', 'true'],
      ['with a /var/empty that is not empty', 'mkdir /var/empty && touch /var/empty/file'],
      ['with a /var/empty that leads elsewhere', 'ln -s / /var/empty'],
      ['with a /var/empty that is a file', 'touch /var/empty'],
    ] as const
  ).entries()) {
    testUnless(lack ?? tooSlow(index), what, async () => {
      const wrapper = afterMounts(`mount -t tmpfs none /var && ${command}`);
      await using vm = Crosvm.spawn(busy, { wrapper, noInput: true });
      await vm.expect(/^busy: 1 devices\r?\n/m, BOOT_MS);
      const roots = [...(await vm.deviceHosts()).values()].map((pid) => `/proc/${pid}/root/`);
      expect(roots.map((root) => readdirSync(root))).toEqual([[], [], []]);
      await vm.signal('SIGTERM');
      expect(await vm.ended()).toEqual({ code: 143, signal: null });
    });
  }
});

describe('crosvm that its own policy does not let work', () => {
  /** Starts a guest under a policy of crosvm itself that lacks a call. */
  function start(files: Scratch, call: string, ...options: readonly string[]): Crosvm {
    const arch = process.arch === 'x64' ? 'x86_64' : 'aarch64';
    cpSync(join(checkout(), 'seccomp', arch), files.path, { recursive: true });
    const path = files.file('vmm.policy');
    const text = readFileSync(path, 'utf8');
    const smaller = text.replace(new RegExp(`^${call}: .*$`, 'm'), '');
    expect(smaller).not.toBe(text);
    writeFileSync(path, smaller);
    const policies = ['--seccomp-policy-dir', files.path];
    const args = ['run', ...policies, ...options, bareMetalProgram('busy')];
    return Crosvm.spawn(args, { noInput: true });
  }

  testUnless(lack, 'ends, and the system call is named', async () => {
    using files = new Scratch();
    // By which it looks for memory that huge pages would be good for, a second after its start.
    await using vm = start(files, 'lseek');
    expect(await vm.ended()).toEqual({ code: 1, signal: null });
    expect(vm.stderr.text).toMatch(
      /^crosvm: crosvm itself made a system call that its policy forbids: lseek\(0x[^)]*\), number \d+\n$/,
    );
  });

  testUnless(
    lack ?? tooSlow(),
    'does not go on without a call that Node cannot do without',
    async () => {
      using files = new Scratch();
      await using vm = start(files, 'epoll_pwait');
      expect(await vm.ended()).toEqual({ code: null, signal: 'SIGABRT' });
      expect(vm.stderr.text).toMatch(
        /^crosvm: crosvm itself made a system call that its policy forbids: epoll_pwait\(/,
      );
    },
  );

  testUnless(lack ?? tooSlow(), 'goes on where that is only logged', async () => {
    using files = new Scratch();
    await using vm = start(files, 'lseek', '--seccomp-log-failures');
    await vm.stderr.expect(/^WARN crosvm itself made a system call .*: lseek\(0x/m, ANSWER_MS);
    await vm.signal('SIGTERM');
    expect(await vm.ended()).toEqual({ code: 143, signal: null });
  });
});

describe('a device that its policy does not let work ends crosvm', () => {
  for (const [index, [device, policy, call]] of (
    [
      ['serial 1', 'serial_device', 'timerfd_settime'],
      ['rng', 'rng_device', 'getrandom'],
      ['disk vda', 'block_device', 'preadv'],
    ] as const
  ).entries()) {
    testUnless(
      lack ?? tooSlow(index),
      `and the system call is named: ${device}, ${call}`,
      async () => {
        using files = new Scratch();
        cpSync(
          join(checkout(), 'seccomp', process.arch === 'x64' ? 'x86_64' : 'aarch64'),
          files.path,
          {
            recursive: true,
          },
        );
        const path = files.file(`${policy}.policy`);
        const text = readFileSync(path, 'utf8');
        const smaller = text.replace(new RegExp(`^${call}: .*$`, 'm'), '');
        expect(smaller).not.toBe(text);
        writeFileSync(path, smaller);
        const disk = ['--disk', emptyImage(files.file('vda'), 2 ** 20)];
        const args = ['run', '--seccomp-policy-dir', files.path, ...disk, bareMetalProgram('busy')];
        await using vm = Crosvm.spawn(args, { noInput: true });
        expect(await vm.ended()).toEqual({ code: 1, signal: null });
        expect(vm.stderr.text).toMatch(
          new RegExp(
            `^crosvm: the device host of ${device} failed: it made a system call that its policy forbids: ${call}\\(.*\\), number \\d+\n$`,
          ),
        );
      },
    );
  }
});

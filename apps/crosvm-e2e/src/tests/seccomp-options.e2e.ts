import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  bareMetalProgram,
  BOOT_MS,
  checkout,
  Crosvm,
  emptyImage,
  hostLacksBareMetal,
  scaled,
  Scratch,
  testUnless,
  tooSlow,
} from '../harness';

const MIB = 2 ** 20;

/** How soon a VM has to end when a host does what its policy forbids. */
const END_MS = scaled(2_000);

const lack = hostLacksBareMetal();

/** What every process needs to start, and nothing else. */
const SCANT = '{sendmsg, brk, mmap, mprotect, munmap, madvise}: 1\n';

/** A directory of policies of the user's own: at first those that come with crosvm. */
class PolicyDirectory extends Scratch {
  constructor() {
    super();
    cpSync(join(checkout(), 'seccomp', 'x86_64'), this.path, { recursive: true });
  }

  /** Takes what is said about a call out of a policy. */
  without(file: string, call: string): this {
    const text = readFileSync(this.file(file), 'utf8');
    return this.set(file, text.replace(new RegExp(`^${call}:.*\n`, 'm'), ''));
  }

  set(file: string, text: string): this {
    writeFileSync(this.file(file), text);
    return this;
  }
}

/** Starts a guest that uses a disk and the entropy device. */
function start(files: Scratch, ...options: readonly string[]): Crosvm {
  const disk = emptyImage(files.file('disk'), 8 * MIB);
  const args = ['run', ...options, '--rwdisk', disk, bareMetalProgram('selftest')];
  return Crosvm.spawn(args, { noInput: true, cwd: files.path });
}

/** What is said of a VM that cannot run with these policies. */
async function complaint(policies: Scratch): Promise<string> {
  using files = new Scratch();
  await using vm = start(files, '--seccomp-policy-dir', policies.path);
  expect(await vm.ended(BOOT_MS + END_MS)).toEqual({ code: 1, signal: null });
  return vm.stderr.text;
}

describe('policies of the user', () => {
  testUnless(lack, 'take the place of those that come with crosvm', async () => {
    using files = new Scratch();
    cpSync(join(checkout(), 'seccomp', 'x86_64'), files.file('mine'), { recursive: true });
    // A path from the working directory.
    await using vm = start(files, '--seccomp-policy-dir', 'mine');
    await vm.expect(/^\d+ ok, 0 failed\r?\n/m, BOOT_MS);
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
  });

  testUnless(lack, 'that are too small end the VM, by device and call', async () => {
    using policies = new PolicyDirectory().without('block_device.policy', 'preadv');
    expect(await complaint(policies)).toMatch(
      /^crosvm: the device host of disk vda failed: it made a system call that its policy forbids: preadv\(0x[^)]*\), number 295\n$/,
    );
  });

  testUnless(
    lack ?? tooSlow(),
    'that are too small for a host to start are told of with the call',
    async () => {
      using policies = new PolicyDirectory().without('common_device.policy', 'munmap');
      expect(await complaint(policies)).toMatch(
        /^crosvm: the device host of .* failed: the policy '.*_device\.policy' forbids munmap, which every process needs to start$/m,
      );
    },
  );

  testUnless(lack ?? tooSlow(), 'with mistakes are told of with the places', async () => {
    using policies = new PolicyDirectory().set('rng_device.policy', 'read: 1\nwrit: 1\nclose 1\n');
    const path = policies.file('rng_device.policy');
    const said = await complaint(policies);
    expect(said).toContain('the device host of rng failed: its policy cannot be used');
    expect(said).toContain(`${path}:2:1: unknown system call 'writ' on x86_64: did you mean`);
    expect(said).toContain(`${path}:3:7: expected ':'`);
  });

  testUnless(
    lack ?? tooSlow(),
    'that include what is not there are told of with the place',
    async () => {
      using policies = new PolicyDirectory().set('rng_device.policy', '@include other.policy\n');
      const [path, other] = [policies.file('rng_device.policy'), policies.file('other.policy')];
      expect(await complaint(policies)).toContain(
        `${path}:1:10: cannot include ${other}: no such file`,
      );
    },
  );

  testUnless(lack ?? tooSlow(), 'must be there for each device', async () => {
    using policies = new Scratch();
    mkdirSync(policies.file('serial_device.policy'));
    expect(await complaint(policies)).toContain(
      `crosvm: the seccomp policy for serial 1 is no regular file: '${policies.file('serial_device.policy')}'\n`,
    );
  });
});

testUnless(
  lack,
  '--seccomp-log-failures names what scant policies forbid, and goes on',
  async () => {
    using files = new Scratch();
    using policies = new PolicyDirectory().set('common_device.policy', SCANT);
    const options = ['--seccomp-log-failures', '--seccomp-policy-dir', policies.path];
    await using vm = start(files, ...options);
    await vm.expect(/^\d+ ok, 0 failed\r?\n/m, BOOT_MS);

    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    const said = vm.stderr.text;
    for (const [device, calls] of [
      ['serial 1', ['epoll_wait', 'read', 'write', 'exit_group']],
      ['rng', ['recvmsg', 'epoll_wait', 'read', 'write', 'exit_group']],
      ['disk vda', ['recvmsg', 'epoll_wait', 'read', 'write', 'exit_group']],
    ] as const) {
      for (const call of calls) {
        expect(said).toContain(
          `WARN the device host of ${device} made a system call that its policy forbids: ${call}(0x`,
        );
      }
    }
    // What its own policy permits is not named.
    expect(said).not.toContain('preadv');
    expect(said.match(/disk vda made .*: read\(/g)).toHaveLength(10);
  },
);

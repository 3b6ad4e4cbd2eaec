import {
  bareMetalProgram,
  BOOT_MS,
  bootArguments,
  Crosvm,
  emptyImage,
  hostLacksBareMetal,
  scaled,
  Scratch,
  Shell,
  type SpawnOptions,
  testUnless,
} from '../harness';

const MIB = 2 ** 20;

/** Most time until a driver gives up waiting for a device. */
const IMPATIENCE_MS = scaled(10_000);

const lack = hostLacksBareMetal();

const files = new Scratch();
afterAll(() => files[Symbol.dispose]());

const disks = ['vda', 'vdb'].flatMap((name) => ['--rwdisk', emptyImage(files.file(name), MIB)]);

/** Starts a guest that keeps an entropy device and two disks busy, until something ends it. */
async function busyVm(options: SpawnOptions, ...more: readonly string[]): Promise<Crosvm> {
  const vm = Crosvm.spawn(['run', ...more, ...disks, bareMetalProgram('busy')], options);
  await vm.expect(/^busy: 3 devices\r?\n/m, BOOT_MS);
  return vm;
}

/** The devices that have a host. */
async function hostsOf(vm: Crosvm): Promise<readonly string[]> {
  return [...(await vm.deviceHosts()).keys()].sort();
}

describe('a device host that dies', () => {
  for (const name of ['disk vda', 'disk vdb', 'rng', 'serial 1']) {
    testUnless(
      lack,
      `ends crosvm with status 1 and one line that names its device: ${name}`,
      async () => {
        await using vm = await busyVm({ noInput: true });
        await vm.signalHost(name, 'SIGKILL');
        expect(await vm.ended()).toEqual({ code: 1, signal: null });
        expect(vm.stderr.text).toBe(
          `crosvm: the device host of ${name} failed: it was killed by SIGKILL\n`,
        );
      },
    );
  }

  testUnless(lack, 'leaves the terminal as it was', async () => {
    await using vm = await busyVm({ pty: true });
    await vm.signalHost('disk vda', 'SIGSEGV');
    expect(await vm.ended()).toEqual({ code: 1, signal: null });
    expect(vm.stdout.text).toMatch(
      /^busy: 3 devices\r\ncrosvm: the device host of disk vda failed: it was killed by SIGSEGV\r\n\s*\[terminal/,
    );
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});

describe('crosvm whose guest keeps its devices busy', () => {
  testUnless(lack, 'ends in order by Ctrl-A x', async () => {
    await using vm = await busyVm({ pty: true });
    expect(await hostsOf(vm)).toEqual(['disk vda', 'disk vdb', 'rng', 'serial 1']);
    vm.type('\x01x');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stdout.text).toMatch(/^busy: 3 devices\r\n\s*\[terminal/);
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });

  for (const [how, ...options] of [['a process each'], ['one process', '--disable-sandbox']]) {
    testUnless(lack, `ends in order by SIGTERM, with ${how} for them`, async () => {
      await using vm = await busyVm({ noInput: true }, ...options);
      await vm.deviceHosts();
      await vm.signal('SIGTERM');
      expect(await vm.ended()).toEqual({ code: 143, signal: null });
      expect(vm.stderr.text).toBe('');
    });
  }

  testUnless(lack, 'has a device host for each serial port that goes anywhere', async () => {
    const kinds = ['sink,num=2', 'sink,num=3,stdin', 'syslog,num=4'];
    const options = kinds.flatMap((kind) => ['--serial', `type=${kind}`]);
    await using vm = await busyVm({ noInput: true }, '--serial', 'type=stdout,console', ...options);
    const hosts = ['disk vda', 'disk vdb', 'rng', 'serial 1', 'serial 3', 'serial 4'];
    expect(await hostsOf(vm)).toEqual(hosts);
    await vm.signal('SIGTERM');
    expect(await vm.ended()).toEqual({ code: 143, signal: null });
  });

  testUnless(lack, 'leaves no device host when it is killed', async () => {
    await using vm = await busyVm({ noInput: true });
    expect(await hostsOf(vm)).toHaveLength(4);
    await vm.signal('SIGKILL');
    expect(await vm.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

describe('crosvm one of whose device hosts stands still', () => {
  const KILLED = 'the device host of disk vdb does not end, and is killed';

  testUnless(lack, 'ends by SIGTERM while a driver waits for it, and says so', async () => {
    await using vm = await busyVm({ noInput: true });
    await vm.signalHost('disk vdb', 'SIGSTOP');
    await vm.expect(/^blk1: no answer/m, IMPATIENCE_MS);
    await vm.signal('SIGTERM');
    expect(await vm.ended()).toEqual({ code: 143, signal: null });
    expect(vm.stderr.text).toBe(`WARN ${KILLED}\n`);
  });

  test('ends when a Linux guest has switched off, although a serial port stands still', async () => {
    const args = bootArguments({ options: ['--serial', 'type=syslog,num=2'] });
    await using vm = Crosvm.spawn(args);
    const { shell } = await Shell.on(vm);
    expect((await shell.run('true')).status).toBe(0);
    await vm.signalHost('serial 2', 'SIGSTOP');
    vm.type('poweroff\n');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stderr.text).toBe('WARN the device host of serial 2 does not end, and is killed\n');
  });

  test('ends by Ctrl-A x while a Linux guest waits for it, with the terminal as it was', async () => {
    const options = { options: disks, modules: ['virtio_blk', 'virtio_rng'] };
    await using vm = Crosvm.spawn(bootArguments(options), { pty: true });
    const { shell } = await Shell.on(vm);
    expect((await shell.run('dd if=/dev/vdb of=/dev/null bs=64k')).status).toBe(0);
    await vm.signalHost('disk vdb', 'SIGSTOP');
    // Typed in another form than it is printed in, so that the echo is no match.
    vm.type("echo 3 >/proc/sys/vm/drop_caches; echo wait''ing; dd if=/dev/vdb of=/dev/null\r");
    await vm.expect(/waiting\r*\n/);
    vm.type('\x01x');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stdout.text).toContain(KILLED);
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});

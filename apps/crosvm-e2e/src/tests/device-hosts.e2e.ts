import {
  bareMetalProgram,
  BOOT_MS,
  bootArguments,
  Crosvm,
  emptyImage,
  hostLacksBareMetal,
  Scratch,
  Shell,
  type SpawnOptions,
  testUnless,
} from '../harness';

const MIB = 2 ** 20;

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

describe('a device host that is stopped', () => {
  for (const name of ['disk vdb', 'serial 1']) {
    testUnless(lack, `ends crosvm with status 1 and one line that says so: ${name}`, async () => {
      await using vm = await busyVm({ noInput: true });
      await vm.signalHost(name, 'SIGSTOP');
      expect(await vm.ended()).toEqual({ code: 1, signal: null });
      expect(vm.stderr.text).toBe(
        `crosvm: the device host of ${name} failed: it was stopped by SIGSTOP\n`,
      );
    });
  }

  test('ends a Linux guest on a terminal, which is as it was', async () => {
    await using vm = Crosvm.spawn(bootArguments({ options: disks }), { pty: true });
    await Shell.on(vm);
    await vm.signalHost('disk vdb', 'SIGSTOP');
    expect(await vm.ended()).toEqual({ code: 1, signal: null });
    expect(vm.stdout.text).toContain('disk vdb failed: it was stopped by SIGSTOP');
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});

import { randomUUID } from 'node:crypto';

import { ControlClient } from '@crosvm/vm-control';

import {
  bareMetalProgram,
  BLOWS,
  BOOT_MS,
  bootArguments,
  Crosvm,
  emptyImage,
  END_MS,
  hostLacksBareMetal,
  hostLacksIntruders,
  HostTraces,
  intrude,
  type Lack,
  OWN_BLOWS,
  PROMPT_MS,
  scaled,
  Scratch,
  Shell,
  SIGNAL_BLOWS,
  type SpawnOptions,
  testUnless,
  tooSlowUnless,
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
  try {
    await vm.expect(/^busy: 3 devices\r?\n/m, BOOT_MS);
    return vm;
  } catch (error) {
    await vm.dispose();
    throw error;
  }
}

/** The devices that have a host. */
async function hostsOf(vm: Crosvm): Promise<readonly string[]> {
  return [...(await vm.deviceHosts()).keys()].sort();
}

/** Starts such a guest and suspends it, so that its device hosts wait until they are told something. */
async function suspendedVm(): Promise<Crosvm> {
  const socket = files.file(`${randomUUID()}.sock`);
  const vm = await busyVm({ noInput: true }, '-s', socket);
  try {
    using client = await ControlClient.connect(socket, { timeoutMs: END_MS });
    await client.suspend();
    return vm;
  } catch (error) {
    await vm.dispose();
    throw error;
  }
}

const DEVICES = ['serial 1', 'balloon', 'rng', 'disk vda'];

/** Where a start takes ten seconds, each blow meets one device. */
function unasked(blow: number, device: number): Lack {
  return tooSlowUnless(blow % DEVICES.length === device);
}

describe('a device host that is no more what it should be', () => {
  for (const [index, device] of DEVICES.entries()) {
    for (const [number, { what, said, strike, lack: lackOfBlow }] of BLOWS.entries()) {
      testUnless(
        lack ?? lackOfBlow ?? unasked(number, index),
        `ends crosvm at once, with status 1 and one line that names its device: ${device}, ${what}`,
        async () => {
          await using vm = await busyVm({ noInput: true });
          const host = await vm.deviceHost(device);
          const traces = new HostTraces(host);
          strike(host);
          expect(await vm.ended(PROMPT_MS)).toEqual({ code: 1, signal: null });
          expect(vm.stderr.text).toMatch(
            new RegExp(`^crosvm: the device host of ${device} failed: ${said.source}\n$`),
          );
          expect(traces.left).toEqual([]);
        },
      );
    }
  }

  testUnless(lack, 'leaves the terminal as it was', async () => {
    await using vm = await busyVm({ pty: true });
    await vm.signalHost('disk vda', 'SIGKILL');
    expect(await vm.ended()).toEqual({ code: 1, signal: null });
    expect(vm.stdout.text).toMatch(
      /^busy: 3 devices\r\ncrosvm: the device host of disk vda failed: it was killed by SIGKILL\r\n\s*\[terminal/,
    );
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});

describe('crosvm whose guest keeps its devices busy', () => {
  testUnless(lack, 'ends in order by Ctrl-A x', async () => {
    await using vm = await busyVm({ pty: true });
    expect(await hostsOf(vm)).toEqual(['balloon', 'disk vda', 'disk vdb', 'rng', 'serial 1']);
    vm.type('\x01x');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stdout.text).toMatch(/^busy: 3 devices\r\n\s*\[terminal/);
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });

  for (const [how, ...options] of [['a process each'], ['one process', '--disable-sandbox']]) {
    testUnless(lack, `ends in order by SIGTERM, with ${how} for them`, async () => {
      await using vm = await busyVm({ noInput: true }, ...options);
      await vm.signal('SIGTERM');
      expect(await vm.ended()).toEqual({ code: 143, signal: null });
      expect(vm.stderr.text).toBe('');
    });
  }

  for (const [index, device] of DEVICES.entries()) {
    for (const [number, { what, said, strike }] of SIGNAL_BLOWS.entries()) {
      testUnless(
        lack ?? unasked(number, index),
        `ends at once by SIGTERM, although the host of ${device} meets ${what} meanwhile`,
        async () => {
          await using vm = await busyVm({ noInput: true });
          const host = await vm.deviceHost(device);
          const traces = new HostTraces(host);
          await vm.signal('SIGTERM');
          strike(host);
          expect(await vm.ended(PROMPT_MS)).toMatchObject({ signal: null });
          expect(vm.stderr.text).toMatch(
            new RegExp(
              `^(?:|(?:WARN|crosvm:) the device host of ${device} [^\n]*${said.source}\n)$`,
            ),
          );
          expect(traces.left).toEqual([]);
        },
      );
    }

    for (const [number, { what, said }] of OWN_BLOWS.entries()) {
      testUnless(
        lack ?? hostLacksIntruders() ?? unasked(number, index),
        `ends at once by SIGTERM, and names the device whose host then meets something: ${device}, ${what}`,
        async () => {
          await using vm = await suspendedVm();
          const host = await vm.deviceHost(device);
          const traces = new HostTraces(host);
          // When it is told to end.
          await intrude(host, what);
          await vm.signal('SIGTERM');
          expect(await vm.ended(PROMPT_MS)).toEqual({ code: 143, signal: null });
          expect(vm.stderr.text).toMatch(
            new RegExp(`^WARN the device host of ${device} did not end well: ${said.source}\n$`),
          );
          expect(traces.left).toEqual([]);
        },
      );
    }
  }

  testUnless(lack, 'has a device host for each serial port that goes anywhere', async () => {
    const kinds = ['sink,num=2', 'sink,num=3,stdin', 'syslog,num=4'];
    const options = kinds.flatMap((kind) => ['--serial', `type=${kind}`]);
    await using vm = await busyVm({ noInput: true }, '--serial', 'type=stdout,console', ...options);
    const hosts = ['balloon', 'disk vda', 'disk vdb', 'rng', 'serial 1', 'serial 3', 'serial 4'];
    expect(await hostsOf(vm)).toEqual(hosts);
    await vm.signal('SIGTERM');
    expect(await vm.ended()).toEqual({ code: 143, signal: null });
  });

  testUnless(lack, 'leaves no device host when it is killed', async () => {
    await using vm = await busyVm({ noInput: true });
    expect(await hostsOf(vm)).toHaveLength(5);
    await vm.signal('SIGKILL');
    // Also looks whether anything is left.
    expect(await vm.ended(PROMPT_MS)).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

describe('crosvm one of whose device hosts stands still', () => {
  const KILLED = 'the device host of disk vdb does not end, and is killed';

  testUnless(
    lack ?? hostLacksIntruders(),
    'ends by SIGTERM while a driver waits for it, and says so',
    async () => {
      await using vm = await busyVm({ noInput: true });
      await intrude(await vm.deviceHost('disk vdb'), 'spin');
      await vm.expect(/^blk1: no answer/m, IMPATIENCE_MS);
      await vm.signal('SIGTERM');
      expect(await vm.ended()).toEqual({ code: 143, signal: null });
      expect(vm.stderr.text).toBe(`WARN ${KILLED}\n`);
    },
  );

  testUnless(
    hostLacksIntruders(),
    'ends when a Linux guest has switched off, although a serial port stands still',
    async () => {
      const args = bootArguments({ options: ['--serial', 'type=syslog,num=2'] });
      await using vm = Crosvm.spawn(args);
      const { shell } = await Shell.on(vm);
      expect((await shell.run('true')).status).toBe(0);
      await intrude(await vm.deviceHost('serial 2'), 'spin');
      vm.type('poweroff\n');
      expect(await vm.ended()).toEqual({ code: 0, signal: null });
      expect(vm.stderr.text).toBe('WARN the device host of serial 2 does not end, and is killed\n');
    },
  );

  testUnless(
    hostLacksIntruders(),
    'ends by Ctrl-A x while a Linux guest waits for it, with the terminal as it was',
    async () => {
      const options = { options: disks, modules: ['virtio_blk', 'virtio_rng'] };
      await using vm = Crosvm.spawn(bootArguments(options), { pty: true });
      const { shell } = await Shell.on(vm);
      expect((await shell.run('dd if=/dev/vdb of=/dev/null bs=64k')).status).toBe(0);
      await intrude(await vm.deviceHost('disk vdb'), 'spin');
      // Typed in another form than it is printed in, so that the echo is no match.
      vm.type("echo 3 >/proc/sys/vm/drop_caches; echo wait''ing; dd if=/dev/vdb of=/dev/null\r");
      await vm.expect(/waiting\r*\n/);
      vm.type('\x01x');
      expect(await vm.ended()).toEqual({ code: 0, signal: null });
      expect(vm.stdout.text).toContain(KILLED);
      const { before, after } = await vm.terminalSettings();
      expect(after).toBe(before);
    },
  );
});

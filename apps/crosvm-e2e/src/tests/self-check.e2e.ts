import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  END_MS,
  guestLacksMemory,
  HOST_KIND,
  hostLacksVhost,
  testUnless,
  theGuest,
} from '../harness';

const CHECKS = [
  'cpus',
  'hypervisor',
  'memory',
  'clocksource',
  'date',
  'timer',
  'serial-interrupt',
  'local-timer',
  'root',
  'kernel-log',
];

const guest = theGuest();
const [first] = guest.kernels;
const last = guest.kernels.at(-1) ?? first;
const cpus = Math.min(4, guest.maxCpus);

// One boot each, for booting is what takes time: other tests boot the other pairs.
const machines = [
  { kernel: first, cpus: 1, memory: 256 },
  // Memory on both sides of the hole below 4 GiB.
  { kernel: last, cpus, memory: 8192 },
  // For guests that are skipped above.
  ...(guest.maxMemory < 8192 ? [{ kernel: last, cpus, memory: guest.maxMemory }] : []),
];

describe.each(machines)('$kernel.name with $cpus CPU(s) and $memory MiB', (machine) => {
  testUnless(
    guestLacksMemory(machine.memory),
    'boots, passes its self-check and powers off with status 0',
    async () => {
      const { kernel, cpus, memory } = machine;
      const words = [
        'crosvm.selfcheck',
        `crosvm.expect.cpus=${cpus}`,
        `crosvm.expect.memory=${memory}`,
        `crosvm.expect.date=${Math.floor(Date.now() / 1000)}`,
        `crosvm.expect.warnings=${guest.expectedWarnings}`,
      ];
      const args = bootArguments({ kernel: kernel.path, cpus, memory, params: [words.join(' ')] });
      await using vm = Crosvm.spawn(args, { noInput: true });
      await vm.expect(/selfcheck: \d+ ok, \d+ failed/, BOOT_MS + END_MS);
      const exit = await vm.ended();

      const lines = [...vm.stdout.text.matchAll(/check (\S+): (.*?)\r?\n/g)];
      expect(lines.map(([, name]) => name)).toEqual(CHECKS);
      expect(lines.map(([line]) => line).filter((line) => !line.includes(': ok'))).toEqual([]);
      expect(vm.stderr.text).toBe('');
      expect(exit).toEqual({ code: 0, signal: null });
    },
  );
});

test('crosvm doctor knows what this machine can do', async () => {
  await using doctor = Crosvm.spawn(['doctor', '--json'], { noInput: true });
  const exit = await doctor.ended();

  const { healthy, findings } = JSON.parse(doctor.stdout.text) as {
    healthy: boolean;
    findings: { name: string; verdict: string }[];
  };
  const verdicts = Object.fromEntries(findings.map(({ name, verdict }) => [name, verdict]));
  const vhostVsock = hostLacksVhost('vsock') === undefined ? 'ok' : 'limited';
  expect({ healthy, verdicts }).toMatchObject({
    healthy: true,
    verdicts: {
      node: 'ok',
      kvm: 'ok',
      'stock-kernels': HOST_KIND === 'software' ? 'limited' : 'ok',
      'user-namespaces': 'ok',
      seccomp: 'ok',
      'vhost-vsock': vhostVsock,
    },
  });
  expect(exit).toEqual({ code: 0, signal: null });
});

import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';

import {
  ANSWER_MS,
  asNobody,
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  descriptorsOf,
  emptyImage,
  hostLacksBareMetal,
  hostLacksRoot,
  namespacesOf,
  Scratch,
  testUnless,
  threadStatuses,
  UnixServer,
  until,
} from '../harness';

/** What a device host has of its own. */
const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];

/** What the kernel says of each thread. */
const LOCKED = {
  Seccomp: '2',
  NoNewPrivs: '1',
  ...Object.fromEntries(
    ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => [set, '0000000000000000']),
  ),
};

/** What a host of each device has open, by `descriptorsOf`, besides what leads nowhere. */
const DESCRIPTORS: Readonly<Record<string, readonly string[]>> = {
  // Kick, interrupt and its loop's; control, standard output and input.
  'serial 1': [
    'eventfd',
    'eventfd',
    'eventfd',
    'eventpoll',
    'memfd:stderr',
    'socket',
    'socket',
    'socket',
    'timerfd',
  ],
  // Control and front end; kick, wires of queue and configuration, resample, and its loop's.
  rng: [
    ...many(5, 'eventfd'),
    'eventpoll',
    'memfd:crosvm_guest',
    'memfd:stderr',
    'socket',
    'socket',
  ],
  balloon: [
    ...many(9, 'eventfd'),
    'eventpoll',
    'memfd:crosvm_guest',
    'memfd:stderr',
    'socket',
    'socket',
  ],
  wayland: [
    ...many(7, 'eventfd'),
    'eventpoll',
    'eventpoll',
    'memfd:crosvm_guest',
    'memfd:stderr',
    'socket',
    'socket',
    'socket',
  ],
  'disk vda': [
    'IMAGE',
    ...many(5, 'eventfd'),
    'eventpoll',
    'memfd:crosvm_guest',
    'memfd:stderr',
    'socket',
    'socket',
  ],
};

/** What a host's root has, and where it is mounted from, if anything. */
const ROOTS: Readonly<Record<string, readonly string[]>> = { wayland: ['wayland-0'] };

const lack = hostLacksBareMetal();

function many(count: number, what: string): readonly string[] {
  return Array.from({ length: count }, () => what);
}

/** Where something is mounted in a process's root, and how. */
function mountsOf(pid: number): readonly (readonly string[])[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'latin1').trim().split('\n');
  return lines.map((line) => {
    const [, , , , at = '', options = ''] = line.split(' ');
    return [at, options.split(',').slice(0, 4).join(',')];
  });
}

/** A guest may be there before the hosts of devices that it has no driver for are: waits for its own filter. */
async function isLocked(pid: number): Promise<void> {
  await until('its filter', ANSWER_MS, () => {
    const [status] = threadStatuses(pid);
    return Number(status?.get('Seccomp_filters')) >= 2 ? true : undefined;
  });
}

describe.each([
  ['this user', lack, () => []],
  ['an ordinary user', lack ?? hostLacksRoot(), asNobody],
] as const)('every device host of a running VM of %s', (_, lackOfUser, wrapper) => {
  const files = new Scratch();
  const image = emptyImage(files.file('vda'), 2 ** 20);
  let vm: Crosvm | undefined;
  let compositor: UnixServer | undefined;
  let vmm: number;
  let hosts: readonly (readonly [name: string, pid: number])[];

  beforeAll(async () => {
    if (lackOfUser !== undefined) {
      return;
    }
    // Nobody may read it, too.
    chmodSync(files.path, 0o755);
    mkdirSync(files.file('dev'));
    compositor = await UnixServer.mute(files.file('wayland-0'));
    const devices = ['--disk', image, '--wayland-sock', files.file('wayland-0')];
    const args = ['run', ...devices, bareMetalProgram('busy')];
    const started = Crosvm.spawn(args, { wrapper: wrapper(files.file('dev')), cwd: '/' });
    vm = started;
    await started.expect(/^busy: 2 devices\r?\n/m, BOOT_MS);
    for (const name of Object.keys(DESCRIPTORS)) {
      await isLocked(await started.deviceHost(name));
    }
    hosts = [...(await started.deviceHosts())];
    vmm = await started.pid();
  });
  afterAll(async () => {
    await vm?.dispose();
    compositor?.[Symbol.dispose]();
    files[Symbol.dispose]();
  });

  testUnless(lackOfUser, 'is there', () => {
    expect(hosts.map(([name]) => name).sort()).toEqual(Object.keys(DESCRIPTORS).sort());
  });

  testUnless(
    lackOfUser,
    'has a filter and no capability in any thread, nor will it get one',
    () => {
      const statuses = hosts.flatMap(([, pid]) => threadStatuses(pid));
      const found = statuses.map((status) =>
        Object.fromEntries(Object.keys(LOCKED).map((field) => [field, status.get(field)])),
      );
      expect(statuses.length).toBeGreaterThanOrEqual(3);
      expect(found).toEqual(statuses.map(() => LOCKED));
    },
  );

  testUnless(lackOfUser, 'is not alone: crosvm itself has a filter in every thread', async () => {
    await until('its filter', ANSWER_MS, () =>
      threadStatuses(vmm)[0]?.get('Seccomp') === '2' ? true : undefined,
    );
    const found = threadStatuses(vmm).map((status) => [
      status.get('Seccomp'),
      status.get('NoNewPrivs'),
    ]);
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found).toEqual(found.map(() => ['2', '1']));
    // Nobody listens to a warden that is not locked down itself.
    const warden = (await vm?.warden()) ?? 0;
    expect(threadStatuses(warden).map((status) => status.get('Seccomp_filters'))).toEqual(['2']);
  });

  testUnless(lackOfUser, 'shares no namespace with crosvm or with another host', () => {
    const all = [vmm, ...hosts.map(([, pid]) => pid)].map(namespacesOf);
    const shared = NAMESPACES.filter(
      (kind) => new Set(all.map((namespaces) => namespaces.get(kind))).size < all.length,
    );
    expect([all.length, shared]).toEqual([6, []]);
  });

  testUnless(lackOfUser, 'is one user and one group there, and the first process', () => {
    for (const [, pid] of hosts) {
      expect(readFileSync(`/proc/${pid}/uid_map`, 'latin1')).toMatch(/^ *65534 +\d+ +1\n$/);
      expect(readFileSync(`/proc/${pid}/gid_map`, 'latin1')).toMatch(/^ *65534 +\d+ +1\n$/);
      expect(readFileSync(`/proc/${pid}/setgroups`, 'latin1')).toBe('deny\n');
      expect(threadStatuses(pid)[0]?.get('NSpid')).toBe(`${pid}\t1`);
    }
  });

  testUnless(
    lackOfUser,
    'has a root with the sockets of its device, if any, which cannot be written to, and no other mount',
    () => {
      for (const [name, pid] of hosts) {
        const sockets = ROOTS[name] ?? [];
        expect(readdirSync(`/proc/${pid}/root/`)).toEqual(sockets);
        expect(readdirSync(`/proc/${pid}/cwd/`)).toEqual(sockets);
        expect(() => mkdirSync(`/proc/${pid}/root/probe`)).toThrow('EROFS');
        expect(mountsOf(pid)).toEqual([
          ['/', 'ro,nosuid,nodev,noexec'],
          ...sockets.map((socket) => [`/${socket}`, 'ro,nosuid,nodev,noexec']),
        ]);
      }
    },
  );

  testUnless(lackOfUser, 'has its own descriptors open, and no others', () => {
    const found = hosts.map(([name, pid]) => [
      name,
      descriptorsOf(pid).map((link) => (link === image ? 'IMAGE' : link)),
    ]);
    expect(Object.fromEntries(found)).toEqual(DESCRIPTORS);
  });

  testUnless(
    lackOfUser,
    'has no environment, leaves no core file, and cannot be looked into',
    () => {
      for (const [, pid] of hosts) {
        expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toBe('');
        expect(readFileSync(`/proc/${pid}/limits`, 'latin1')).toMatch(
          /^Max core file size +0 +0 /m,
        );
        // Its files belong to the system's root then, whoever its user is.
        expect(statSync(`/proc/${pid}/environ`).uid).toBe(0);
      }
    },
  );
});

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

const lack = hostLacksBareMetal();

function many(count: number, what: string): readonly string[] {
  return Array.from({ length: count }, () => what);
}

describe.each([
  ['this user', lack, () => []],
  ['an ordinary user', lack ?? hostLacksRoot(), asNobody],
] as const)('every device host of a running VM of %s', (_, lackOfUser, wrapper) => {
  const files = new Scratch();
  const image = emptyImage(files.file('vda'), 2 ** 20);
  let vm: Crosvm | undefined;
  let vmm: number;
  let hosts: readonly (readonly [name: string, pid: number])[];

  beforeAll(async () => {
    if (lackOfUser !== undefined) {
      return;
    }
    // Nobody may read it, too.
    chmodSync(files.path, 0o755);
    mkdirSync(files.file('dev'));
    const args = ['run', '--disk', image, bareMetalProgram('busy')];
    const started = Crosvm.spawn(args, { wrapper: wrapper(files.file('dev')), cwd: '/' });
    vm = started;
    await started.expect(/^busy: 2 devices\r?\n/m, BOOT_MS);
    hosts = [...(await started.deviceHosts())];
    vmm = await started.pid();
  });
  afterAll(async () => {
    await vm?.dispose();
    files[Symbol.dispose]();
  });

  testUnless(lackOfUser, 'is there', () => {
    expect(hosts.map(([name]) => name).sort()).toEqual(['balloon', 'disk vda', 'rng', 'serial 1']);
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
    expect([all.length, shared]).toEqual([5, []]);
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
    'has an empty root, which cannot be written to, and no other mount',
    () => {
      for (const [, pid] of hosts) {
        expect(readdirSync(`/proc/${pid}/root/`)).toEqual([]);
        expect(readdirSync(`/proc/${pid}/cwd/`)).toEqual([]);
        expect(() => mkdirSync(`/proc/${pid}/root/probe`)).toThrow('EROFS');
        expect(readFileSync(`/proc/${pid}/mountinfo`, 'latin1')).toMatch(
          /^\d+ \d+ \d+:\d+ \S+ \/ ro,nosuid,nodev,noexec[^\n]*\n$/,
        );
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

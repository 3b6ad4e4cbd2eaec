import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  AUDIT_ARCH,
  checkEssentialCalls,
  compileFilter,
  decodeAction,
  loadPolicy,
  runFilter,
} from '@crosvm/io-jail';
import { syscallsOf } from '@crosvm/syscall-defines';

const ROOT = join(__dirname, '../../../../seccomp');
const ARCHS = ['x86_64', 'aarch64'] as const;
type Arch = (typeof ARCHS)[number];

const FILES = readdirSync(join(ROOT, 'x86_64')).sort();
/** The policy of crosvm itself, which does more than a device host and its like. */
const VMM = 'vmm.policy';
const HOSTS = FILES.filter((file) => file !== VMM);
const CASES = ARCHS.flatMap((arch) => HOSTS.map((file) => [arch, file] as const));

const PROT_READ_WRITE = 3n;
const PROT_READ_EXEC = 5n;
const MAP_PRIVATE = 0x02n;
const MAP_SHARED = 0x01n;
const MAP_ANONYMOUS = 0x20n;

/** What becomes of calls, by the filter that a host is given. */
function judge(arch: Arch, file: string) {
  const filter = compileFilter(loadPolicy(join(ROOT, arch, file), { arch }));
  const numbers = syscallsOf(arch);
  return (name: string, ...args: readonly bigint[]): string => {
    const nr = numbers[name];
    return nr === undefined
      ? 'not there'
      : decodeAction(runFilter(filter, { nr, arch: AUDIT_ARCH[arch], args })).kind;
  };
}

describe.each(CASES)('the policy %s/%s', (arch, file) => {
  it('lets a process start', () => {
    const policy = loadPolicy(join(ROOT, arch, file), { arch });
    expect(() => checkEssentialCalls(policy)).not.toThrow();
  });

  it('lets a host wait, and serve', () => {
    const becomes = judge(arch, file);
    const wait = arch === 'x86_64' ? 'epoll_wait' : 'epoll_pwait';
    const kinds = [wait, 'read', 'write', 'close', 'exit_group'].map((name) => becomes(name));
    expect(new Set(kinds)).toEqual(new Set(['allow']));
    const privately = MAP_PRIVATE | MAP_ANONYMOUS;
    expect(becomes('mmap', 0n, 4096n, PROT_READ_WRITE, privately)).toBe('allow');
  });

  it.each([
    ...['execve', 'execveat', 'fork', 'vfork', 'clone', 'clone3', 'open', 'openat', 'openat2'],
    ...['socket', 'connect', 'bind', 'accept4', 'kill', 'tgkill', 'ptrace', 'process_vm_writev'],
    ...[
      'mount',
      'setns',
      'unshare',
      'chroot',
      'pivot_root',
      'setuid',
      'capset',
      'prctl',
      'seccomp',
    ],
    ...['io_uring_setup', 'io_uring_register', 'memfd_create', 'userfaultfd', 'bpf', 'keyctl'],
    ...['perf_event_open', 'mremap', 'pkey_mprotect', 'remap_file_pages', 'shmat', 'dup', 'fcntl'],
  ])('forbids %s', (name) => {
    expect(syscallsOf('x86_64')[name]).toBeDefined();
    expect(['kill-process', 'not there']).toContain(judge(arch, file)(name));
  });

  it('forbids memory that is executable or of a file, and commands of terminals', () => {
    const becomes = judge(arch, file);
    const privately = MAP_PRIVATE | MAP_ANONYMOUS;
    const TIOCSTI = 0x5412n;
    const kinds = [
      becomes('mmap', 0n, 4096n, PROT_READ_EXEC, privately),
      becomes('mmap', 0n, 4096n, PROT_READ_WRITE, MAP_PRIVATE),
      becomes('mmap', 0n, 4096n, PROT_READ_WRITE, MAP_SHARED | MAP_ANONYMOUS),
      becomes('mprotect', 0n, 4096n, PROT_READ_EXEC),
      becomes('ioctl', 1n, TIOCSTI),
    ];
    expect(kinds).not.toContain('allow');
  });
});

describe.each(ARCHS)('the policy of crosvm itself on %s', (arch) => {
  const becomes = judge(arch, VMM);

  it('lets a process start', () => {
    const policy = loadPolicy(join(ROOT, arch, VMM), { arch });
    expect(() => checkEssentialCalls(policy)).not.toThrow();
  });

  it.each([
    ...['execve', 'execveat', 'fork', 'vfork', 'clone', 'clone3', 'open', 'openat', 'openat2'],
    ...['socket', 'connect', 'bind', 'listen', 'ptrace', 'process_vm_writev', 'pidfd_getfd'],
    ...['mount', 'setns', 'unshare', 'chroot', 'setuid', 'capset', 'prctl', 'seccomp'],
    ...['io_uring_setup', 'userfaultfd', 'bpf', 'keyctl', 'perf_event_open'],
  ])('lets nobody call %s', (name) => {
    expect(['kill-process', 'errno', 'not there']).toContain(becomes(name));
  });

  it('forbids memory that is executable, signals that do not end, and commands of terminals', () => {
    const TIOCSTI = 0x5412n;
    const SIGUSR1 = 10n;
    const kinds = [
      becomes('mmap', 0n, 4096n, PROT_READ_EXEC, MAP_PRIVATE | MAP_ANONYMOUS),
      becomes('mprotect', 0n, 4096n, PROT_READ_EXEC),
      becomes('kill', 1n, SIGUSR1),
      becomes('ioctl', 1n, TIOCSTI),
    ];
    expect(new Set(kinds)).toEqual(new Set(['kill-process']));
  });
});

it('policies say the same on all architectures, but for the calls by which is waited', () => {
  const say = (arch: Arch, file: string): string[] =>
    readFileSync(join(ROOT, arch, file), 'utf8')
      .split('\n')
      .filter(
        (line) =>
          !line.startsWith('#') &&
          !/^(?:epoll_\w+|p?poll|unlink\w*|readlink\w*):|_CLOCK/.test(line),
      );
  const inArch = (arch: Arch) => new Map(FILES.map((file) => [file, say(arch, file)]));
  expect(readdirSync(join(ROOT, 'aarch64')).sort()).toEqual(FILES);
  expect(inArch('aarch64')).toEqual(inArch('x86_64'));
});

import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { adoptOrphans } from '@crosvm/io-jail';

const ROOT = join(__dirname, '..', '..', '..');
const GUEST = join(ROOT, 'guests', 'bare-metal');
const CROSVM = join(ROOT, 'bin', 'crosvm');

/** Many times what it takes. */
const LIMIT_MS = 900_000;

const STARTS = 100;

/** Most namespaces of a kind at a time: fewer than there would be if each start left one. */
const MOST_NAMESPACES = 95;

/** Before a start there is room for what a VM takes: each of its device hosts has one, and the warden. */
const BEFORE_START = 85;

/**
 * Runs `$@` STARTS times, where there is only so much room for namespaces; the first failure ends it. The
 * kernel takes its time to put namespaces away, for which starts wait, but not for ever.
 */
const SCRIPT = `
most() {
  for kind in user pid mnt net ipc uts cgroup; do
    echo $1 >/proc/sys/user/max_"$kind"_namespaces || exit
  done
}
count=0
while [ $count -lt ${STARTS} ]; do
  most ${BEFORE_START}
  tries=0
  until unshare --user --pid --mount --net --ipc --uts --cgroup --fork true 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { echo "after $count starts namespaces are left" >&2; exit 1; }
    sleep 0.1
  done
  most ${MOST_NAMESPACES}
  "$@" </dev/null || exit
  count=$((count + 1))
done
`;

const execute = promisify(execFile);

/** Processes that have not ended and whose parent this one is. */
function children(): string[] {
  return (
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(statOf)
      .filter((stat) => new RegExp(`\\) [^ZX] ${process.pid} `).test(stat))
      // Its number and name; what follows goes on changing.
      .map((stat) => stat.slice(0, stat.lastIndexOf(')') + 1))
  );
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

/** Most memory that is shared and that others may have taken meanwhile; the starts have a hundred times more. */
const MOST_SHARED_KIB = 100 * 1024;

/** KiB of memory that processes share, of all of this machine: guests' is a part of it. */
function sharedKib(): number {
  const [, kib] = /^Shmem: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1')) ?? [];
  return Number(kib);
}

it(
  'a hundred starts leave no process, no namespace and no shared memory',
  async () => {
    adoptOrphans();
    spawnSync('make', ['-s', '-C', GUEST]);
    await execute(CROSVM, ['--build-only']);
    const before = children();
    const shared = sharedKib();
    const elf = join(GUEST, 'dist', 'selftest.elf');
    const crosvm = [CROSVM, 'run', '-p', 'tests=none', elf];

    const { stdout, stderr } = await execute(
      'unshare',
      ['--user', '--map-root-user', 'sh', '-c', SCRIPT, 'sh', ...crosvm],
      { env: { ...process.env, CROSVM_PREBUILT: '1' }, maxBuffer: 2 ** 24 },
    );

    expect(stderr).toBe('');
    expect(stdout.match(/0 ok, 0 failed/g)).toHaveLength(STARTS);
    expect(children()).toEqual(before);
    expect(sharedKib() - shared).toBeLessThan(MOST_SHARED_KIB);
  },
  LIMIT_MS,
);

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** What the kernel tells of a process's threads in `/proc/PID/task/TID/status`: fields by name. */
export function threadStatuses(pid: number): readonly ReadonlyMap<string, string>[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const lines = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1').trim().split('\n');
    return new Map(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
  });
}

/** The namespaces of a process: such as `mnt:[4026531832]` by kind. */
export function namespacesOf(pid: number): ReadonlyMap<string, string> {
  const kinds = readdirSync(`/proc/${pid}/ns`);
  return new Map(kinds.map((kind) => [kind, readlinkSync(`/proc/${pid}/ns/${kind}`)]));
}

/**
 * What the descriptors of a process are that lead anywhere, in order: files by path, and such as `socket`,
 * `eventfd`, `memfd:NAME`.
 */
export function descriptorsOf(pid: number): readonly string[] {
  const nowhere = statSync('/dev/null').rdev;
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => `/proc/${pid}/fd/${fd}`)
    .filter((path) => statSync(path).rdev !== nowhere)
    .map((path) => kindOf(readlinkSync(path)))
    .sort();
}

/** The mappings of a process whose names begin like that, such as `/memfd:crosvm_shared`. */
export function mappingsOf(pid: number, name: string): readonly string[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').trim().split('\n');
  return lines.filter((line) => line.split(/ +/)[5]?.startsWith(name) === true);
}

/** Bytes of memory that a process has of its own, and of what it shares. */
export function residentBytes(pid: number): number {
  const [status] = threadStatuses(pid);
  const kilobytes = ['RssAnon', 'RssShmem'].map((field) => parseInt(status?.get(field) ?? '', 10));
  return kilobytes.reduce((sum, each) => sum + each * 1024, 0);
}

/** The inodes of the sockets of a process. */
export function socketsOf(pid: number): readonly string[] {
  return linksOf(pid).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** The inodes of all sockets of AF_UNIX in this network namespace. */
export function unixSockets(): ReadonlySet<string> {
  const lines = readFileSync('/proc/net/unix', 'latin1').trim().split('\n').slice(1);
  return new Set(lines.map((line) => line.split(/\s+/)[6] ?? ''));
}

/** The namespaces that those of some processes are in that are still there and may be looked at. */
export function namespacesInUse(ids: readonly string[]): ReadonlySet<string> {
  return new Set(
    ids.flatMap((pid) => {
      try {
        return [...namespacesOf(Number(pid)).values()];
      } catch {
        // It has ended, or is somebody else's.
        return [];
      }
    }),
  );
}

function linksOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      // It has just been closed.
      return [];
    }
  });
}

function kindOf(link: string): string {
  const name = /^\/?(memfd:\S+)/.exec(link)?.[1];
  const kind = /^(?:anon_inode:)?\[?([a-z_]+)\]?(?::\[\d+\])?$/.exec(link)?.[1];
  return name ?? kind ?? link;
}

import { join } from 'node:path';

import { checkout } from './command';

/** What a machine has at `/dev/kvm`. */
export type KvmDevice =
  /** Nothing. */
  | 'missing'
  /** Something that may not be opened. */
  | 'forbidden'
  /** Something else than KVM. */
  | 'other';

/** Even for root then, permissions count. */
const WITHOUT_OVERRIDE = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];

/** In mount (and user) namespaces of its own; `$1` is an empty directory, `$3` a socket or empty. */
const OTHER_DEV = `
set -e
dev=$1 kvm=$2 log=$3
shift 3
mount -t tmpfs dev "$dev"
for node in null zero full random urandom tty; do
  : >"$dev/$node"
  mount --bind "/dev/$node" "$dev/$node"
done
case $kvm in
  forbidden) : >"$dev/kvm"; chmod 000 "$dev/kvm" ;;
  real) : >"$dev/kvm"; mount --bind /dev/kvm "$dev/kvm" ;;
  other) : >"$dev/kvm"; mount --bind /dev/null "$dev/kvm" ;;
esac
[ -z "$log" ] || ln -s "$log" "$dev/log"
mount --rbind "$dev" /dev
exec "$@"
`;

/** Makes a program's mounts its own. */
export const UNSHARE: readonly string[] = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  ...['--mount', '--propagation', 'private'],
];

/** Starts a program where `/dev/kvm` is something else. `directory` is an empty one, to be mounted over. */
export function withKvmDevice(kvm: KvmDevice, directory: string): readonly string[] {
  return [...UNSHARE, 'sh', '-c', OTHER_DEV, 'sh', directory, kvm, '', ...WITHOUT_OVERRIDE];
}

/** Starts a program for which a socket is the syslog's. `directory` is an empty one, to be mounted over. */
export function withSyslog(socket: string, directory: string): readonly string[] {
  return [...UNSHARE, 'sh', '-c', OTHER_DEV, 'sh', directory, 'real', socket];
}

/** Where `$1` is a file system of its own with room for `$2`, and has an empty file `disk` of `$3` bytes. */
const SMALL_FILE_SYSTEM = `
set -e
mount -t tmpfs -o "size=$2" small "$1"
truncate -s "$3" "$1/disk"
shift 3
exec "$@"
`;

/**
 * Starts a program that finds a sparse file `disk` in `directory`, an empty one that is mounted over, for which
 * there is less room than its size. Both in bytes.
 */
export function withSmallFileSystem(
  directory: string,
  { room, size }: { readonly room: number; readonly size: number },
): readonly string[] {
  const script = [...UNSHARE, 'sh', '-c', SMALL_FILE_SYSTEM, 'sh'];
  return [...script, directory, String(room), String(size)];
}

/** Starts a program for which permissions of files count, also when it is root's. */
export function withoutOverride(): readonly string[] {
  return process.getuid?.() === 0 ? WITHOUT_OVERRIDE : [];
}

/** Compiled by build.mjs, where there is a compiler. */
export const DENY_IOCTL = join(checkout(), 'apps', 'crosvm-e2e', 'dist', 'deny-ioctl');

/** Starts a program for which an ioctl of that number answers 0. */
export function withIoctlDenied(request: number): readonly string[] {
  return [DENY_IOCTL, String(request)];
}

/** Where `/dev` has a KVM for everybody, `$1` being an empty directory, as an ordinary user. */
const AS_NOBODY = `
set -e
dev=$1
shift
mount -t tmpfs -o mode=755 dev "$dev"
for node in null zero full random urandom tty; do
  : >"$dev/$node"
  mount --bind "/dev/$node" "$dev/$node"
done
mknod "$dev/kvm" c $((0x$(stat -c %t /dev/kvm))) $((0x$(stat -c %T /dev/kvm)))
chmod 666 "$dev/kvm"
mount --rbind "$dev" /dev
exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all -- "$@"
`;

/** Starts a program as nobody, who may use `/dev/kvm`; for root. `directory` is an empty one, to be mounted over. */
export function asNobody(directory: string): readonly string[] {
  return [...UNSHARE, 'sh', '-c', AS_NOBODY, 'sh', directory];
}

/** Starts a program for which no namespaces of a kind, such as `user`, are left. */
export function withoutNamespaces(kind: string): readonly string[] {
  const script = `echo 0 >/proc/sys/user/max_${kind}_namespaces && exec "$@"`;
  return ['unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh'];
}

/** Starts a program after a shell command in mount namespaces of its own. */
export function afterMounts(command: string): readonly string[] {
  return [...UNSHARE, 'sh', '-c', `${command} && exec "$@"`, 'sh'];
}

/** Starts a program whose root directory is another name of `/`; `directory` is an empty one. */
export function inChroot(directory: string): readonly string[] {
  const script = 'root=$1 && shift && mount --rbind / "$root" && exec chroot "$root" "$@"';
  return [...UNSHARE, 'sh', '-c', script, 'sh', directory];
}

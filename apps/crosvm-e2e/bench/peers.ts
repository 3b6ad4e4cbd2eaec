import type { Timed } from './time-to-output';

/** A disk that a guest has from crosvm and its peers alike. */
export interface BenchDisk {
  readonly path: string;
  /** Its serial number, by which the guest knows it. */
  readonly id: string;
  /** Past the host's page cache. */
  readonly direct: boolean;
  /** How QEMU reads and writes it. */
  readonly aio: QemuAio;
}

/** QEMU's ways to reach a file without waiting for it. */
export type QemuAio = 'threads' | 'io_uring';

/** A network card that a guest has from crosvm and its peers alike. */
export interface BenchNetwork {
  /** The TAP interface, which is there. */
  readonly tap: string;
  /** Whether the kernel's vhost-net moves packets. */
  readonly vhost: boolean;
}

/** A guest that crosvm and its peers boot alike. */
export interface BenchGuest {
  readonly kernel: string;
  readonly initrd?: string;
  readonly cmdline: string;
  readonly disks?: readonly BenchDisk[];
  readonly network?: BenchNetwork;
  /** Its address for vsock, which the kernel's vhost-vsock serves. */
  readonly cid?: number;
}

/** The defaults of `crosvm run`, which the peers are given too. */
const MEMORY_MIB = 256;
/*
 * Without the MSR of architectural capabilities: QEMU 7.2 ends on hosts whose KVM offers it and then
 * refuses its value, as PVM does.
 */
const CPU = 'host,-arch-capabilities';
const COMMON = [
  '-accel',
  'kvm',
  '-cpu',
  CPU,
  '-m',
  `${MEMORY_MIB}`,
  '-nodefaults',
  '-no-user-config',
];
const CONSOLE = ['-no-reboot', '-display', 'none', '-serial', 'stdio'];

/** Options for QEMU to open a disk image; the drive is called like the disk. */
export function qemuDrive({ path, id, direct, aio }: BenchDisk): string[] {
  const cache = direct ? 'none' : 'writeback';
  const file = path.replaceAll(',', ',,');
  return ['-drive', `if=none,id=${id},file=${file},format=raw,cache=${cache},aio=${aio}`];
}

function qemuDisk(disk: BenchDisk): string[] {
  return [...qemuDrive(disk), '-device', `virtio-blk-pci,drive=${disk.id},serial=${disk.id}`];
}

function qemuNetwork({ tap, vhost }: BenchNetwork): string[] {
  const backend = `tap,id=net,ifname=${tap},script=no,downscript=no,vhost=${vhost ? 'on' : 'off'}`;
  return ['-netdev', backend, '-device', 'virtio-net-pci,netdev=net,romfile='];
}

/** What every VM of crosvm has besides. */
const DEFAULT_DEVICES = ['-device', 'virtio-rng-pci', '-device', 'virtio-balloon-pci'];

function qemuDevices({ disks = [], network, cid }: BenchGuest): string[] {
  return [
    ...DEFAULT_DEVICES,
    ...disks.flatMap(qemuDisk),
    ...(network ? qemuNetwork(network) : []),
    ...(cid === undefined ? [] : ['-device', `vhost-vsock-pci,guest-cid=${cid}`]),
  ];
}

function qemu(machine: readonly string[], guest: BenchGuest): Timed {
  const { kernel, initrd, cmdline } = guest;
  const ramdisk = initrd === undefined ? [] : ['-initrd', initrd];
  const boot = ['-kernel', kernel, ...ramdisk, '-append', cmdline];
  const args = [...COMMON, ...machine, ...CONSOLE, ...boot, ...qemuDevices(guest)];
  return { command: 'qemu-system-x86_64', args };
}

/**
 * QEMU's machine without firmware devices, made for quick starts. It has PCI here, so that its devices are
 * virtio-blk-pci and the like, as everywhere.
 */
export function qemuMicrovm(guest: BenchGuest): Timed {
  return qemu(['-M', 'microvm,rtc=on,pit=on,pic=on,isa-serial=on,acpi=on,pcie=on'], guest);
}

/** QEMU's PC of today, with nothing plugged in but what crosvm has, too. */
export function qemuQ35(guest: BenchGuest): Timed {
  return qemu(['-M', 'q35'], guest);
}

function crosvmDisk({ path, id, direct }: BenchDisk): string[] {
  return ['--rwdisk', `${path},id=${id},o_direct=${direct}`];
}

function crosvmNetwork({ tap, vhost }: BenchNetwork): string[] {
  return ['--tap-name', tap, ...(vhost ? ['--vhost-net'] : [])];
}

/** crosvm as its users start it. */
export function crosvm(main: string, guest: BenchGuest): Timed {
  const { kernel, initrd, cmdline, disks = [], network, cid } = guest;
  const ramdisk = initrd === undefined ? [] : ['-i', initrd];
  const params = cmdline === '' ? [] : ['-p', cmdline];
  const devices = [...disks.flatMap(crosvmDisk), ...(network ? crosvmNetwork(network) : [])];
  const vsock = cid === undefined ? [] : ['--cid', String(cid)];
  const options = [...ramdisk, ...params, ...devices, ...vsock];
  return { command: process.execPath, args: [main, 'run', ...options, kernel] };
}

import type { BalloonConfig, DeviceOptions, DiskOptions, NetSource } from '@crosvm/devices';

/** Where the bytes that the guest writes to a serial port go. */
export type SerialType = 'stdout' | 'file' | 'sink' | 'syslog';

/** One serial port: `--serial type=...,num=...,...`. */
export interface SerialConfig {
  readonly type: SerialType;
  /** Which port: 1 to 4, for COM1 to COM4. */
  readonly num: number;
  /** The file to write to, for type `file`. */
  readonly path?: string;
  /** Whether it is the guest's console (`console=ttyS<num - 1>`). */
  readonly console: boolean;
  /** Whether it takes the input of this process. */
  readonly stdin: boolean;
}

/** Host CPUs for every vCPU alike, or for each vCPU by its index. */
export type CpuAffinity =
  | { readonly kind: 'all'; readonly cpus: readonly number[] }
  | { readonly kind: 'each'; readonly cpus: ReadonlyMap<number, readonly number[]> };

/** A disk: `--disk PATH,...` and its like. */
export interface DiskSettings extends DiskOptions {
  /** Path of a raw image, or of a block device. */
  readonly path: string;
}

/** A network card: `--tap-name NAME` and its like. */
export interface NetworkCard {
  /** The interface that is the host's end of it. */
  readonly source: NetSource;
  /** The guest's MAC address, as text; one of its own by default. */
  readonly mac?: string;
}

/** A port of this machine that is passed on to the guest: `--publish HOST:GUEST`. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  /** The IPv4 address of this machine, as text; any by default. */
  readonly address?: string;
  readonly host: number;
  readonly guest: number;
}

/** A network card whose network passt is: `--net passt`. */
export interface PasstConfig {
  readonly publish: readonly PublishedPort[];
  /** Whether the guest may reach what listens on the loopback of this machine. */
  readonly hostLoopback: boolean;
  /** The guest's MAC address, as text; one of its own by default. */
  readonly mac?: string;
}

/** The network cards of a VM, and what is said of all of them. */
export interface NetworkConfig {
  /** Over TAP interfaces; at least one if there is no other card. */
  readonly cards: readonly NetworkCard[];
  /** The card that needs no privileges. */
  readonly passt?: PasstConfig;
  /** Pairs of queues. */
  readonly pairs: number;
  /** Bytes of the largest packet; default what the interfaces have. */
  readonly mtu?: number;
  /** Whether the kernel's vhost-net moves the packets. */
  readonly vhost: boolean;
}

/** A virtio device of the user's own: `--device PATH,...`. */
export interface CustomDeviceSettings {
  /** Path of its module, of TypeScript or JavaScript. */
  readonly path: string;
  /** Path of its seccomp policy; default: beside the module, else that of all devices. */
  readonly policy?: string;
  /** What the module is told. */
  readonly options: DeviceOptions;
}

/** A socket of a Wayland compositor: `--wayland-sock PATH,name=NAME`. */
export interface WaylandSocketConfig {
  readonly path: string;
  /** By which the guest asks for it; empty: the one that is for display. */
  readonly name: string;
}

/** Which compositors a guest can reach. */
export type WaylandConfig =
  | { readonly kind: 'off' }
  /** These; without one for display, the default one, too. */
  | { readonly kind: 'sockets'; readonly sockets: readonly WaylandSocketConfig[] };

/** What is done when a guest's kernel panics: the VM ends, starts again, or is kept as it is. */
export type PanicAction = 'exit' | 'restart' | 'hold';

/** What `crosvm run` was asked for, checked as far as it can be without touching the host. */
export interface RunConfig {
  /** Path of the kernel: an ELF64 `vmlinux` or a bzImage. */
  readonly kernel: string;
  /** Path of the initial ramdisk. */
  readonly initrd?: string;
  /** Kernel arguments to add after the defaults, in order. */
  readonly params: readonly string[];
  /** Guest memory in MiB. */
  readonly memory: number;
  readonly cpus: number;
  readonly cpuAffinity?: CpuAffinity;
  /** The balloon, by which the guest gives memory back; undefined: it has none. */
  readonly balloon?: BalloonConfig;
  /** The serial ports that are connected, at most one for each number. */
  readonly serial: readonly SerialConfig[];
  /** The disks, as the guest names them: vda, vdb, ... */
  readonly disks: readonly DiskSettings[];
  /** Which of the disks, by its index, the guest is told to mount as its root. */
  readonly root?: number;
  /** The network cards; default none. */
  readonly network?: NetworkConfig;
  /** The guest's address for sockets between guest and host; default no such sockets. */
  readonly cid?: number;
  /** Compositors that the guest can reach; default: that of the environment, if it is there. */
  readonly wayland?: WaylandConfig;
  /** Whether the guest is started again in this process when it asks for a reset; default false. */
  readonly restart?: boolean;
  /** What is done when the guest's kernel says that it has panicked; default `exit`. */
  readonly onPanic?: PanicAction;
  /** Where the control socket is made: a path, or a directory; default none. */
  readonly socket?: string;
  /** Where metrics are served; default nowhere. */
  readonly metricsSocket?: string;
  /** Devices of the user's own; default none. */
  readonly customDevices?: readonly CustomDeviceSettings[];
  /** Whether device hosts are processes in a jail, and not threads of this one. */
  readonly sandbox: boolean;
  /** Where the seccomp policies are; default: the system's, else those that come with crosvm. */
  readonly seccompPolicyDir?: string;
  /** Whether system calls that a policy forbids are logged and made, instead of ending the VM. */
  readonly seccompLogFailures?: boolean;
  /** The file to write all system calls of device hosts to; none is forbidden then. */
  readonly seccompRecord?: string;
}

/** The least urgent messages that are logged. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What is logged, and where besides the standard error. */
export interface LoggingConfig {
  readonly level: LogLevel;
  /** The name to log under in the syslog; without it nothing goes there. */
  readonly syslogTag?: string;
}

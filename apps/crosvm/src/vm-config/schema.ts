/*
 * What a VM may be configured with: the options of `crosvm run` under their own names. Types, checks and
 * the published JSON schema come from here; what the values mean is checked where options are read, so
 * that a mistake is told in the same words wherever it was made. Loading this takes milliseconds that
 * `crosvm run` has no use for without `--config`: only what needs it imports it, and late.
 */
import * as v from 'valibot';

/** One value, or several in order. */
const oneOrMany = <const Item extends v.GenericSchema>(item: Item) =>
  v.union([item, v.array(item)]);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const disk = v.strictObject({
  /** An image, or a block device. */
  path: v.string(),
  /** What the image is; default raw, whatever it looks like. */
  format: v.optional(v.picklist(['raw', 'qcow2'])),
  /** What a qcow2 image stands on: a path; default nothing. */
  backing: v.optional(v.string()),
  /** What that is; default raw. */
  backingFormat: v.optional(v.picklist(['raw', 'qcow2'])),
  /** Whether what the guest discards is given back to the host; default true. */
  sparse: v.optional(v.boolean()),
  /** Bytes of a logical block: 512, 1024, 2048 or 4096; default 512. */
  blockSize: v.optional(count),
  /** Whether the host's page cache is passed by; default false. */
  oDirect: v.optional(v.boolean()),
  /** The serial number that the guest sees: up to 20 characters. */
  id: v.optional(v.string()),
});

/** A path, or a path and more. */
const disks = oneOrMany(v.union([v.string(), disk]));

const passt = v.strictObject({
  /** The program that is the network. */
  kind: v.literal('passt'),
  /** The guest's MAC address. */
  mac: v.optional(v.string()),
  /** Whether the guest may reach what listens on 127.0.0.1 here; default false. */
  hostLoopback: v.optional(v.boolean()),
});

const serial = v.strictObject({
  /** Where output goes; default `sink`: nowhere. */
  type: v.optional(v.picklist(['stdout', 'file', 'sink', 'syslog'])),
  /** 1 to 4, for COM1 to COM4; default 1. */
  num: v.optional(count),
  /** The file, for type `file`. */
  path: v.optional(v.string()),
  /** Whether it is the guest's console. */
  console: v.optional(v.boolean()),
  /** Whether it takes the standard input. */
  stdin: v.optional(v.boolean()),
});

const waylandSocket = v.strictObject({
  /** The path of the socket. */
  path: v.string(),
  /** By which the guest asks for it; default: it is for display. */
  name: v.optional(v.string()),
});

/** The configuration of a VM. */
export const vmConfigSchema = v.strictObject({
  /** Where the schema is; for editors. */
  $schema: v.optional(v.string()),
  /** Path of the kernel: an ELF vmlinux or a bzImage. */
  kernel: v.optional(v.string()),

  /** Guest memory in MiB; default 256. */
  mem: v.optional(count),
  /** Virtual CPUs; default 1. */
  cpus: v.optional(count),
  /** Host CPUs: `0,2-3`, or `0=0:1=2,3` by vCPU; default any. */
  cpuAffinity: v.optional(v.string()),

  /** Whether memory that the guest frees goes back to the host unasked; default false. */
  balloonPageReporting: v.optional(v.boolean()),
  /** Whether there is no balloon, by which the guest gives memory back; default false. */
  noBalloon: v.optional(v.boolean()),

  /** Path of the initial ramdisk. */
  initrd: v.optional(v.string()),
  /** Kernel arguments to add after the default ones. */
  params: v.optional(oneOrMany(v.string())),

  /** A read-only disk, which the guest is told to mount as its root. */
  root: v.optional(v.union([v.string(), disk])),
  /** The same, writable. */
  rwroot: v.optional(v.union([v.string(), disk])),
  /** Read-only disks. */
  disk: v.optional(disks),
  /** Writable disks. */
  rwdisk: v.optional(disks),

  /** A network card with a network, without privileges. */
  net: v.optional(v.union([v.literal('passt'), passt])),
  /** Ports of this machine that are passed on to the guest: `[IP:]HOST:GUEST[/udp]`. */
  publish: v.optional(oneOrMany(v.string())),
  /** A network card over a TAP interface that is made for it: the host's IPv4 address on it. */
  hostIp: v.optional(v.string()),
  /** The netmask of that interface. */
  netmask: v.optional(v.string()),
  /** The guest's MAC address on it. */
  mac: v.optional(v.string()),
  /** Network cards over TAP interfaces that exist. */
  tapName: v.optional(oneOrMany(v.string())),
  /** Network cards over TAP interfaces that are open as these descriptors. */
  tapFd: v.optional(oneOrMany(count)),
  /** Pairs of queues of each network card; default 1. */
  netVqPairs: v.optional(count),
  /** Bytes of the largest packet of each network card; default that of its interface. */
  netMtu: v.optional(count),
  /** Whether the kernel's vhost-net moves the packets; default false. */
  vhostNet: v.optional(v.boolean()),
  /** The guest's address for sockets between guest and host (vsock); default none. */
  cid: v.optional(count),

  /** Virtio devices of one's own: the path of a module, and behind commas what it is told. */
  device: v.optional(oneOrMany(v.string())),
  /** Sockets of Wayland compositors; default that of the environment, where it is. */
  waylandSock: v.optional(oneOrMany(v.union([v.string(), waylandSocket]))),
  /** Whether the guest has no Wayland; default false. */
  noWl: v.optional(v.boolean()),

  /** Serial ports; default the console on the standard output and input. */
  serial: v.optional(oneOrMany(serial)),

  /** Where to make a control socket; default none. */
  socket: v.optional(v.string()),
  /** Where to serve counters as Prometheus text; default nowhere. */
  metricsSocket: v.optional(v.string()),
  /** Boot again when the guest asks for a reset; default false. */
  restart: v.optional(v.boolean()),
  /** What to do when the guest's kernel panics; default `exit`. */
  onPanic: v.optional(v.picklist(['exit', 'restart', 'hold'])),

  /** Whether devices run inside the VMM instead of in jails; default false. */
  disableSandbox: v.optional(v.boolean()),
  /** Directory of the devices' seccomp policies. */
  seccompPolicyDir: v.optional(v.string()),
  /** Whether forbidden system calls are logged and made; default false. */
  seccompLogFailures: v.optional(v.boolean()),
  /** The file to write all system calls of the devices to; none is forbidden then. */
  seccompRecord: v.optional(v.string()),

  /** What is logged; default `warn`. */
  logLevel: v.optional(v.picklist(['error', 'warn', 'info', 'debug'])),
  /** The name to log under in the syslog, too. */
  syslogTag: v.optional(v.string()),
});

/** The configuration of a VM: the options of `crosvm run`, in camelCase. */
export type VmConfig = v.InferInput<typeof vmConfigSchema>;

import {
  balloon,
  type BalloonConfig,
  block,
  type DeviceDescription,
  describedModule,
  type FrontEndRequest,
  type MemoryGranter,
  MemoryRequestServer,
  net,
  netStream,
  type OpenDisk,
  type OpenNet,
  type OpenVsock,
  pci,
  request,
  rng,
  vhostNet,
  vhostVsock,
  VirtioDevice,
  type WaylandSocket,
  wl,
} from '@crosvm/devices';
import { socketPair } from '@crosvm/sys-util';
import { PCI_MMIO_ADDRESS, PCI_MMIO_SIZE, pciInterruptGsi } from '@crosvm/x86-64';

import { guestDiskName } from '../guest-disk-name';
import { type HostedDevice, packVirtioFds } from './device-plan';
import { createMsiRoutes, FIRST_MSI_GSI } from './kvm-pci-host';

/**
 * Most queues of a disk. KVM has 1000 addresses for notifications without an exit, which 26 disks with
 * this many queues leave room in, and as many descriptors are enough for any host.
 */
const MAX_DISK_QUEUES = 32;

/** What the balloon is called. */
export const BALLOON_NAME = 'balloon';

/** What disk `index` is called. */
export function diskName(index: number): string {
  return `disk ${guestDiskName(index)}`;
}

/** How many queues each disk of a VM with that many vCPUs has. */
export function diskQueues(cpus: number): number {
  return Math.min(cpus, MAX_DISK_QUEUES);
}

/** The virtio devices of a VM, made but without their back ends. */
export interface VirtioDevices {
  /** The PCI bus that they are on. */
  readonly bus: FrontEndRequest;
  /** In the order in which drivers want them. */
  readonly hosted: readonly HostedDevice[];
  /** For the routes of their messages; see `createMsiRoutes`. */
  readonly msiRoutes: SharedArrayBuffer;
}

/** Where a device is on the bus, and its GSIs. */
type Place = Pick<Parameters<typeof VirtioDevice.create>[0], 'firstGsi' | 'pinGsi'>;

/** Makes a device for a place. */
interface DeviceRequest {
  readonly name: string;
  /** Whether it is of the user's own. */
  readonly isCustom?: boolean;
  readonly create: (place: Place) => VirtioDevice;
  /** Where what it asks of the VM is served. */
  readonly requests?: MemoryRequestServer;
}

const RNG: DeviceRequest = {
  name: 'rng',
  create: (place) =>
    VirtioDevice.create({ module: rng, config: undefined, resources: [], ...place }),
};

function diskRequest({ config, fds }: OpenDisk, index: number): DeviceRequest {
  return {
    name: diskName(index),
    create: (place) => VirtioDevice.create({ module: block, config, resources: fds, ...place }),
  };
}

function cardRequest({ config, fds, name }: OpenNet, vhost: boolean): DeviceRequest {
  const module = vhost ? vhostNet : net;
  return {
    name: `network card over ${name}`,
    create: (place) => VirtioDevice.create({ module, config, resources: fds, ...place }),
  };
}

function passtRequest({ config, fds, name }: OpenNet): DeviceRequest {
  return {
    name: `network card over ${name}`,
    create: (place) => VirtioDevice.create({ module: netStream, config, resources: fds, ...place }),
  };
}

function socketsRequest({ config, fds }: OpenVsock): DeviceRequest {
  return {
    name: 'vsock',
    create: (place) =>
      VirtioDevice.create({ module: vhostVsock, config, resources: fds, ...place }),
  };
}

function balloonRequest(config: BalloonConfig): DeviceRequest {
  return {
    name: BALLOON_NAME,
    create: (place) => VirtioDevice.create({ module: balloon, config, resources: [], ...place }),
  };
}

function customRequest({ name, description }: CustomDeviceEnd): DeviceRequest {
  const module = describedModule(name, description);
  return {
    name,
    isCustom: true,
    create: (place) => VirtioDevice.create({ module, config: undefined, resources: [], ...place }),
  };
}

function waylandRequest(sockets: readonly WaylandSocket[], granter: MemoryGranter): DeviceRequest {
  const [near, far] = socketPair();
  return {
    name: 'wayland',
    create: (place) =>
      VirtioDevice.create({ module: wl, config: { sockets }, resources: [far], ...place }),
    requests: new MemoryRequestServer(near, granter),
  };
}

function hostedDevice(
  { name, requests, isCustom = false }: DeviceRequest,
  device: VirtioDevice,
): HostedDevice {
  const queues = device.fds.kicks.length;
  return {
    name,
    plan: isCustom ? { kind: 'custom', queues } : { kind: 'virtio', backEnd: device.plan, queues },
    fds: packVirtioFds(device.fds),
    counters: device.counters,
    ...(requests && { requests }),
    handedOver: () => device.handedOver(),
    hangUp: () => device.hangUp(),
  };
}

/** The lower, the earlier its driver wants it. */
function rank({ name }: { readonly name: string }): number {
  return name === BALLOON_NAME ? 0 : 1;
}

/** A device of the user's own, whose host has said what it is. */
export interface CustomDeviceEnd {
  readonly name: string;
  readonly description: DeviceDescription;
}

/** What the devices of a VM are at the host's end; taken over. */
export interface HostEnds {
  readonly disks: readonly OpenDisk[];
  readonly cards: readonly OpenNet[];
  /** Whether the cards are for the kernel's vhost-net. */
  readonly vhost: boolean;
  /** The card whose network passt is. */
  readonly passt: OpenNet | undefined;
  readonly sockets: OpenVsock | undefined;
  readonly balloon: BalloonConfig | undefined;
  /** Devices of the user's own. */
  readonly custom: readonly CustomDeviceEnd[];
  /** The sockets of compositors; none: no Wayland. */
  readonly wayland: readonly WaylandSocket[];
  /** Shows the guest the memory that it shares with compositors. */
  readonly sharedMemory: MemoryGranter;
}

function deviceRequests(ends: HostEnds): DeviceRequest[] {
  const { disks, cards, vhost, passt, sockets, custom } = ends;
  return [
    RNG,
    ...disks.map(diskRequest),
    ...cards.map((card) => cardRequest(card, vhost)),
    ...(passt === undefined ? [] : [passtRequest(passt)]),
    ...(sockets === undefined ? [] : [socketsRequest(sockets)]),
    ...custom.map(customRequest),
    ...(ends.wayland.length === 0 ? [] : [waylandRequest(ends.wayland, ends.sharedMemory)]),
    ...(ends.balloon === undefined ? [] : [balloonRequest(ends.balloon)]),
  ];
}

/**
 * Makes the virtio devices of a VM: an entropy device, which every guest wants, its disks, its network
 * cards, sockets, Wayland, devices of the user's own, and a balloon.
 * @throws RangeError if there are more than fit on the bus
 * @throws SysError EMFILE
 */
export function makeVirtioDevices(ends: HostEnds): VirtioDevices {
  let firstGsi = FIRST_MSI_GSI;
  const devices = deviceRequests(ends).map((made, index) => {
    // The host bridge has slot 0.
    const device = made.create({ firstGsi, pinGsi: pciInterruptGsi(index + 1) });
    firstGsi += device.gsis;
    return { made, device };
  });
  // Last on the bus, where it moves no other, but its driver is Linux' first.
  const wanted = devices.toSorted((one, other) => rank(one.made) - rank(other.made));
  const functions = devices.map(({ device }) => device.request);
  const window = { base: PCI_MMIO_ADDRESS, size: PCI_MMIO_SIZE };
  return {
    bus: request(pci, { window, functions }),
    hosted: wanted.map(({ made, device }) => hostedDevice(made, device)),
    msiRoutes: createMsiRoutes(firstGsi - FIRST_MSI_GSI),
  };
}

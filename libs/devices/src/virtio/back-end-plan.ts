import {
  type GuestMemory,
  type Logger,
  Mapping,
  type OwnedFd,
  type Poller,
} from '@crosvm/sys-util';
import { VIRTIO_F_VERSION_1 } from '@crosvm/virtio-sys';

import type { BackEnd } from '../back-end/back-end';
import type { ConfigSpace, DeviceModule } from './backend';
import { BackendHost } from './backend-host';
import { checkBackend } from './custom/describe-device';
import { DevicePage, devicePageSize } from './device-page';
import { COMMON_FEATURES, featureMask } from './features';
import { virtioModule } from './registry';

/** What the back end of a virtio device is made of, besides descriptors: plain data, as JSON can be. */
export interface BackEndPlan {
  /** The name of the device's module. */
  readonly device: string;
  /** What the module takes. */
  readonly config: unknown;
}

/** The descriptors of a back end: numbers, or with their owners. */
export interface BackEndFds<Fd> {
  /** The memfd of its device page. */
  readonly page: Fd;
  /** The socket on which its front end asks. */
  readonly channel: Fd;
  /** Signalled when the guest acknowledged the interrupt of its pin. */
  readonly resample: Fd;
  /** An eventfd for each queue, by which it is kicked. */
  readonly kicks: readonly Fd[];
  /** By queue, what it signals when it used buffers; last, for its configuration. */
  readonly wires: readonly Fd[];
  /** What its module asks for, such as an image. */
  readonly resources: readonly Fd[];
}

/** What a device host has for all back ends that it runs. */
export interface BackEndSurroundings {
  readonly memory: GuestMemory;
  readonly poller: Poller;
  readonly logger: Logger;
}

/**
 * Makes the back end of a plan, and serves it on the poller from now on. Its descriptors are taken over.
 * @throws RangeError if there is no such device, or not with these descriptors
 * @throws SysError
 */
export function startBackEnd(
  { device, config }: BackEndPlan,
  fds: BackEndFds<OwnedFd>,
  surroundings: BackEndSurroundings,
): BackEnd {
  return startModuleBackEnd({ module: virtioModule(device), config }, fds, surroundings);
}

/** A kind of device, and what one of it is to be like. */
export interface ConfiguredModule<Config> {
  readonly module: Omit<DeviceModule<Config>, 'policy'>;
  readonly config: Config;
}

/**
 * The same for a kind of device that is not among those that come with this package.
 * @throws RangeError if there is none with these descriptors
 * @throws SysError
 */
export function startModuleBackEnd<Config>(
  { module, config }: ConfiguredModule<Config>,
  fds: BackEndFds<OwnedFd>,
  { memory, poller, logger }: BackEndSurroundings,
): BackEnd {
  const queueMaxSizes = module.queueMaxSizes(config);
  if (fds.kicks.length !== queueMaxSizes.length || fds.wires.length !== fds.kicks.length + 1) {
    throw new RangeError(`a ${module.name} device with ${fds.kicks.length} queues`);
  }
  // Not closed: they are the back end's as long as this process or thread lives.
  const resources = fds.resources.map((fd) => fd.release());
  const mapping = Mapping.ofFd(fds.page.raw, { size: devicePageSize(queueMaxSizes.length) });
  const page = new DevicePage(mapping.bytes);
  const { counters } = page;
  const configSpace: ConfigSpace = {
    update: (offset, content) => host.updateConfig(offset, content),
    store: (offset, content) => host.storeConfig(offset, content),
  };
  const host: BackendHost = new BackendHost({
    memory,
    backend: checkBackend(
      module.create(config, { fds: resources, poller, configSpace, logger, counters }),
    ),
    features: module.features(config) | COMMON_FEATURES | featureMask(VIRTIO_F_VERSION_1),
    queueMaxSizes,
    page,
    channelFd: fds.channel.release(),
    kickFds: fds.kicks.map((fd) => fd.release()),
    wireFds: fds.wires.map((fd) => fd.release()),
    resampleFd: fds.resample.release(),
    logger,
    // Whoever runs the host ends it: the guest may have ended, and something be left to do.
    onClosed: () => undefined,
  });
  fds.page.close();
  host.attach(poller);
  return host;
}

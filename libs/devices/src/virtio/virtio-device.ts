import type { OwnedFd } from '@crosvm/sys-util';
import { EventFd, hangUp, SharedMemory, socketPair } from '@crosvm/sys-util';

import type { DeviceCounters } from '../metrics/device-counters';
import type { PciFunctionRequest } from '../pci/pci-function';
import type { DeviceModule } from './backend';
import type { BackEndFds, BackEndPlan } from './back-end-plan';
import { DevicePage, devicePageSize } from './device-page';
import { COMMON_FEATURES } from './features';
import { virtioPciRequest } from './pci/config';

/** What to make a virtio device of. */
export interface VirtioDeviceOptions<Config> {
  readonly module: DeviceModule<Config>;
  readonly config: Config;
  /** Descriptors that the module asks for; taken over. */
  readonly resources: readonly OwnedFd[];
  /** The GSIs of its messages: from this one on, one a queue and one more. */
  readonly firstGsi: number;
  /** The GSI of its interrupt pin. */
  readonly pinGsi: number;
}

interface Parts {
  readonly counters: DeviceCounters;
  /** The front end's end. */
  readonly channel: OwnedFd;
  readonly backEndsOwn: readonly OwnedFd[];
  readonly shared: readonly Disposable[];
}

/**
 * A virtio device with everything that its two halves share: the device page, the channel, eventfds.
 * The VMM keeps it as long as the guest lives.
 */
export class VirtioDevice implements Disposable {
  /** What its back end counts. */
  readonly counters: DeviceCounters;
  readonly #owned: Parts;

  private constructor(
    /** To be put on the PCI bus. */
    readonly request: PciFunctionRequest,
    /** For its device host, with `fds`. */
    readonly plan: BackEndPlan,
    /** Stay this one's: a host gets copies. */
    readonly fds: BackEndFds<number>,
    parts: Parts,
  ) {
    this.counters = parts.counters;
    this.#owned = parts;
  }

  /**
   * Makes a device, whose back end does not run yet.
   * @throws SysError EMFILE, ENOMEM
   * @throws RangeError if there cannot be such a device
   */
  static create<Config>(options: VirtioDeviceOptions<Config>): VirtioDevice {
    const { module, config, resources, firstGsi, pinGsi } = options;
    const queueMaxSizes = module.queueMaxSizes(config);
    const content = module.configSpace(config);
    const page = SharedMemory.create(`virtio_${module.name}`, devicePageSize(queueMaxSizes.length));
    const mapped = new DevicePage(page.map().bytes);
    mapped.updateConfig(0, content);
    const [channel, far] = socketPair();
    const kicks = queueMaxSizes.map(() => EventFd.create());
    const wires = [...queueMaxSizes, 0].map(() => EventFd.create());
    const resample = EventFd.create();
    const request = virtioPciRequest({
      deviceType: module.deviceType,
      features: module.features(config) | COMMON_FEATURES,
      queueMaxSizes,
      configSize: content.length,
      ...(module.configWritable && { configWritable: module.configWritable }),
      pageFd: page.fd.raw,
      channelFd: channel.raw,
      kickFds: kicks.map(({ raw }) => raw),
      wires: wires.map(({ raw }, index) => ({ fd: raw, gsi: firstGsi + index })),
      intx: { gsi: pinGsi, resampleFd: resample.raw },
    });
    const fds = {
      page: page.fd.raw,
      channel: far.raw,
      resample: resample.raw,
      kicks: kicks.map(({ raw }) => raw),
      wires: wires.map(({ raw }) => raw),
      resources: resources.map(({ raw }) => raw),
    };
    const shared = [page, ...kicks, ...wires, resample];
    const { counters } = mapped;
    const parts = { counters, channel, backEndsOwn: [far, ...resources], shared };
    const plan = { device: module.name, config };
    return new VirtioDevice(request, plan, fds, parts);
  }

  /** How many GSIs its messages have. */
  get gsis(): number {
    return this.fds.wires.length;
  }

  /** The host has its copies: what is the back end's alone is closed here, so that its end is seen. */
  handedOver(): void {
    this.#owned.backEndsOwn.forEach((fd) => fd.close());
  }

  /** The guest has ended: a vCPU that waits for the back end waits no longer. */
  hangUp(): void {
    hangUp(this.#owned.channel.raw);
  }

  /** Closes everything. The guest must have ended. */
  [Symbol.dispose](): void {
    this.handedOver();
    [this.#owned.channel, ...this.#owned.shared].forEach((each) => each[Symbol.dispose]());
  }
}

import type { GuestAddress } from '@crosvm/data-model';
import {
  VIRTIO_CONFIG_S_ACKNOWLEDGE,
  VIRTIO_CONFIG_S_DRIVER,
  VIRTIO_CONFIG_S_DRIVER_OK,
  VIRTIO_CONFIG_S_FEATURES_OK,
  VIRTIO_ID_BLOCK,
  VIRTIO_PCI_COMMON_GF,
  VIRTIO_PCI_COMMON_GFSELECT,
  VIRTIO_PCI_COMMON_Q_AVAILLO,
  VIRTIO_PCI_COMMON_Q_DESCLO,
  VIRTIO_PCI_COMMON_Q_ENABLE,
  VIRTIO_PCI_COMMON_Q_SELECT,
  VIRTIO_PCI_COMMON_Q_USEDLO,
  VIRTIO_PCI_COMMON_STATUS,
} from '@crosvm/virtio-sys';

import type { AccessWidth } from '../bus/bus-device';
import type { PciFunctionRequest } from '../pci/pci-function';
import { type BackEndRequest, RequestKind } from '../virtio/channel/messages';
import type { BackEndPort } from '../virtio/channel/port';
import { DevicePage, devicePageSize, type QueueSetup } from '../virtio/device-page';
import { type VirtioPciConfig, virtioPciRequest } from '../virtio/pci/config';
import { PciRig, type PciThread } from './pci-rig';

const { ACK, DRIVER, FEATURES_OK, DRIVER_OK } = {
  ACK: VIRTIO_CONFIG_S_ACKNOWLEDGE,
  DRIVER: VIRTIO_CONFIG_S_DRIVER,
  FEATURES_OK: VIRTIO_CONFIG_S_FEATURES_OK,
  DRIVER_OK: VIRTIO_CONFIG_S_DRIVER_OK,
};

/** A device's config with descriptor numbers that tell the devices apart. */
export function virtioConfig(
  number: number,
  overrides: Partial<VirtioPciConfig> = {},
): VirtioPciConfig {
  const queueMaxSizes = overrides.queueMaxSizes ?? [256, 128];
  const first = number * 100;
  return {
    deviceType: VIRTIO_ID_BLOCK,
    features: 6n,
    queueMaxSizes,
    configSize: 24,
    pageFd: first,
    channelFd: first + 1,
    kickFds: queueMaxSizes.map((_, queue) => first + 10 + queue),
    wires: [...queueMaxSizes, 0].map((_, wire) => ({
      fd: first + 50 + wire,
      gsi: 24 + number * 8 + wire,
    })),
    intx: { gsi: 16 + (number % 8), resampleFd: first + 2 },
    ...overrides,
  };
}

/** A back end that does as it is told, remembers it, and refuses what it is told to refuse. */
export class FakeBackEnd implements BackEndPort {
  readonly requests: BackEndRequest[] = [];
  readonly refuses = new Set<BackEndRequest['kind']>();
  /** The queues at the last activation. */
  queues: (QueueSetup | undefined)[] = [];
  running = false;
  /** It answers nothing any more. */
  isGone = false;

  constructor(readonly page: () => DevicePage) {}

  /** The kinds of the requests. */
  get kinds(): number[] {
    return this.requests.map(({ kind }) => kind);
  }

  ask(request: BackEndRequest): boolean {
    this.requests.push(request);
    if (this.isGone || this.refuses.has(request.kind)) {
      return false;
    }
    if (request.kind === RequestKind.Activate) {
      this.running = true;
      this.queues = [0, 1, 2, 3].map((index) => this.page().queue(index));
    } else if (request.kind === RequestKind.Reset) {
      this.running = false;
    }
    return true;
  }
}

/** A virtio device on a bus, as its driver on one vCPU sees it. The first one is in slot 1. */
export class VirtioRig {
  readonly rig: PciRig;
  readonly cpu: PciThread;
  readonly backEnd: FakeBackEnd;
  readonly slot = 1;
  readonly page: DevicePage;
  readonly base: GuestAddress;

  constructor(
    readonly config: VirtioPciConfig = virtioConfig(1),
    others: PciFunctionRequest[] = [],
  ) {
    this.rig = new PciRig([virtioPciRequest(config), ...others]);
    const { host } = this.rig;
    const size = devicePageSize(config.queueMaxSizes.length);
    this.page = new DevicePage(host.mapPage(config.pageFd, size));
    this.backEnd = new FakeBackEnd(() => this.page);
    host.backEnds[config.channelFd] = this.backEnd;
    this.cpu = this.rig.thread();
    this.base = this.cpu.bar(this.slot);
    this.command(0x6);
  }

  get host(): PciRig['host'] {
    return this.rig.host;
  }

  /** Writes the command register. */
  command(value: number): void {
    this.cpu.writeConfig(this.slot, 4, value, 2);
  }

  read(offset: number, width: AccessWidth): number {
    return this.cpu.read(this.base + offset, width);
  }

  write(offset: number, width: AccessWidth, value: number): void {
    this.cpu.write(this.base + offset, value, width);
  }

  get status(): number {
    return this.read(VIRTIO_PCI_COMMON_STATUS, 1);
  }

  set status(value: number) {
    this.write(VIRTIO_PCI_COMMON_STATUS, 1, value);
  }

  select(queue: number): void {
    this.write(VIRTIO_PCI_COMMON_Q_SELECT, 2, queue);
  }

  /** Accepts these features. */
  accept(features: bigint): void {
    for (const select of [0, 1]) {
      this.write(VIRTIO_PCI_COMMON_GFSELECT, 4, select);
      const word = (features >> BigInt(32 * select)) & 0xffff_ffffn;
      this.write(VIRTIO_PCI_COMMON_GF, 4, Number(word));
    }
  }

  /** Goes as far as FEATURES_OK. */
  negotiate(features = 1n << 32n): void {
    this.status = ACK;
    this.status = ACK | DRIVER;
    this.accept(features);
    this.status = ACK | DRIVER | FEATURES_OK;
  }

  /** Gives a queue rings, at an address of its own, and enables it. */
  enableQueue(queue: number, at: GuestAddress = 0x10_0000 * (queue + 1)): void {
    this.select(queue);
    [VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_AVAILLO, VIRTIO_PCI_COMMON_Q_USEDLO].forEach(
      (field, ring) => this.write(field, 4, at + 0x1_0000 * ring),
    );
    this.write(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
  }

  driverOk(): void {
    this.status = ACK | DRIVER | FEATURES_OK | DRIVER_OK;
  }

  /** The whole way, with all queues. */
  start(features = 1n << 32n): void {
    this.negotiate(features);
    this.config.queueMaxSizes.forEach((_, queue) => this.enableQueue(queue));
    this.driverOk();
  }

  /** Writes an entry of the MSI-X table. */
  writeVector(vector: number, data: number, mask = 0): void {
    const entry = 0x8000 + 16 * vector;
    this.write(entry, 4, 0xfee0_0000);
    this.write(entry + 4, 4, 0);
    this.write(entry + 8, 4, data);
    this.write(entry + 12, 4, mask);
  }

  /** Writes MSI-X's message control. */
  msixControl(value: number): void {
    this.cpu.writeConfig(this.slot, this.cpu.capability(this.slot, 0x11) + 2, value, 2);
  }

  /** What a back end does for queue `queue`; by default for its configuration. */
  signal(queue = this.config.queueMaxSizes.length): void {
    this.page.raiseIsr(queue === this.config.queueMaxSizes.length ? 2 : 1);
    this.host.interrupt(this.config.wires[queue]?.fd ?? -1).raise();
  }
}

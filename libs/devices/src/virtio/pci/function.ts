import type { SharedMutex } from '@crosvm/data-model';
import {
  VIRTIO_ID_BLOCK,
  VIRTIO_ID_NET,
  VIRTIO_PCI_DEVICE_ID_BASE,
  VIRTIO_PCI_VENDOR_ID,
} from '@crosvm/virtio-sys';

import type { AccessWidth, BusDevice } from '../../bus/bus-device';
import type { StateArea } from '../../front-end/front-end';
import { deviceMutex } from '../../front-end/locked-registers';
import { configImage, ConfigSpace } from '../../pci/config-space';
import { barParts, identityParts, interruptParts } from '../../pci/header';
import { MsixTable } from '../../pci/msix';
import type {
  FunctionContext,
  FunctionPlan,
  PciFunction,
  PciFunctionModule,
} from '../../pci/pci-function';
import {
  PCI_BASE_ADDRESS_0,
  PCI_BASE_ADDRESS_MEM_FLAGS,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  PCI_COMMAND_MASTER,
  PCI_COMMAND_MEMORY,
  PCI_INTERRUPT_INTA,
  PCI_MSIX_FLAGS,
  PCI_STATUS,
  PCI_STATUS_INTERRUPT,
} from '../../pci/registers';
import { BackEndLink } from './back-end-link';
import { VirtioBar } from './bar';
import { type VirtioCapabilities, virtioCapabilities } from './capabilities';
import { CommonConfig } from './common-config';
import type { VirtioPciConfig } from './config';
import { VirtioDevice } from './device';
import { DeviceConfig } from './device-config';
import { VirtioInterrupts } from './interrupts';
import { NOTIFY_MULTIPLIER, NOTIFY_OFFSET, VIRTIO_BAR, VIRTIO_BAR_SIZE } from './layout';
import { PciAccess } from './pci-access';
import { VirtioPciState } from './state';

/** 1 or more: not a transitional device. Virtio 1.2, 4.1.2.1. */
const REVISION = 1;

/** PCI class codes by device type; what is not here is a device of no class. PCI 3.0, appendix D. */
const CLASS_CODES: ReadonlyMap<number, number> = new Map([
  [VIRTIO_ID_NET, 0x02_00_00],
  [VIRTIO_ID_BLOCK, 0x01_80_00],
]);
const NO_CLASS = 0xff_00_00;

/** Plans are made once a thread: a start of a machine with many disks asks for them several times. */
const plans = new WeakMap<VirtioPciConfig, FunctionPlan>();

function plan(config: VirtioPciConfig): FunctionPlan {
  const found = plans.get(config) ?? makePlan(config);
  plans.set(config, found);
  return found;
}

function makePlan(config: VirtioPciConfig): FunctionPlan {
  const { deviceType, kickFds, intx, queueMaxSizes } = config;
  const device = VIRTIO_PCI_DEVICE_ID_BASE + deviceType;
  const identity = {
    vendor: VIRTIO_PCI_VENDOR_ID,
    device,
    revision: REVISION,
    classCode: CLASS_CODES.get(deviceType) ?? NO_CLASS,
    subsystemVendor: VIRTIO_PCI_VENDOR_ID,
    subsystem: device,
  };
  const writable = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;
  const bar = { index: VIRTIO_BAR, size: VIRTIO_BAR_SIZE };
  const image = configImage([
    ...identityParts(identity, { value: 0, writable }),
    ...interruptParts({ pin: PCI_INTERRUPT_INTA, line: intx.gsi }),
    ...barParts(bar),
    ...virtioCapabilities(config).placed.parts,
  ]);
  const notify = { offset: NOTIFY_OFFSET, stride: NOTIFY_MULTIPLIER, fds: kickFds };
  return {
    stateSize: VirtioPciState.size(queueMaxSizes.length),
    image,
    bars: [{ ...bar, notify }],
  };
}

function powerOn(area: StateArea, { queueMaxSizes }: VirtioPciConfig): void {
  const state = new VirtioPciState(area, queueMaxSizes.length);
  state.resetRegisters(queueMaxSizes);
  new MsixTable(state.msixTable).reset();
}

/** Takes a device's lock around each access. */
class LockedDevice implements BusDevice {
  constructor(
    private readonly mutex: SharedMutex,
    private readonly device: BusDevice,
  ) {}

  read(offset: number, width: AccessWidth): number {
    this.mutex.lock();
    try {
      return this.device.read(offset, width);
    } finally {
      this.mutex.unlock();
    }
  }

  write(offset: number, width: AccessWidth, value: number): void {
    this.mutex.lock();
    try {
      this.device.write(offset, width, value);
    } finally {
      this.mutex.unlock();
    }
  }
}

function touches(offset: number, width: number, at: number, bytes: number): boolean {
  return offset < at + bytes && at < offset + width;
}

/** A virtio device's configuration space, and what hangs together with it. Without its lock. */
class VirtioPciFunction implements BusDevice {
  readonly #context: FunctionContext<VirtioPciConfig>;
  readonly #space: ConfigSpace;
  readonly #table: MsixTable;
  readonly #interrupts: VirtioInterrupts;
  readonly #device: VirtioDevice;
  readonly #access: PciAccess;
  readonly #msixAt: number;
  readonly bar: VirtioBar;

  constructor(context: FunctionContext<VirtioPciConfig>) {
    const { config, host, area, decode, firstBar, name } = context;
    const capabilities: VirtioCapabilities = virtioCapabilities(config);
    const { offsets } = capabilities.placed;
    const state = new VirtioPciState(area, config.queueMaxSizes.length);
    const space = new ConfigSpace(context.space, plan(config).image);
    const link = new BackEndLink(config, host);
    const table = new MsixTable(state.msixTable);
    this.#msixAt = offsets[capabilities.msix] ?? 0;
    const interrupts = new VirtioInterrupts({
      ...{ state, config, host, space, table, link },
      msixAt: this.#msixAt,
    });
    const device = new VirtioDevice({
      ...{ state, config, link, interrupts },
      setNotifying: (on) => decode.setNotifying(firstBar, on),
      isMaster: () => (space.read(PCI_COMMAND, 2) & PCI_COMMAND_MASTER) !== 0,
      note: (message) => host.guestError(`virtio ${name}: ${message}`),
    });
    const { queueMaxSizes, configSize, configWritable = [] } = config;
    const hasDriver = (): boolean => device.hasDriver;
    const ownParts = { state, link, configSize, configWritable, hasDriver };
    const deviceConfig = new DeviceConfig(ownParts);
    const common = new CommonConfig({ state, device, interrupts, deviceConfig, queueMaxSizes });
    this.bar = new VirtioBar({ common, deviceConfig, device, table, interrupts, link });
    this.#access = new PciAccess(space, offsets[capabilities.pciAccess] ?? 0, this.bar);
    this.#context = context;
    this.#space = space;
    this.#table = table;
    this.#interrupts = interrupts;
    this.#device = device;
  }

  read(offset: number, width: AccessWidth): number {
    if (offset === this.#access.dataAt) {
      this.#access.read();
    }
    const value = this.#space.read(offset, width);
    if (touches(offset, width, PCI_STATUS, 1) && this.#interrupts.isPinPending) {
      return (value | (PCI_STATUS_INTERRUPT << (8 * (PCI_STATUS - offset)))) >>> 0;
    }
    return value;
  }

  write(offset: number, width: AccessWidth, value: number): void {
    this.#space.write(offset, width, value);
    const isCommand = touches(offset, width, PCI_COMMAND, 2);
    if (isCommand || touches(offset, width, PCI_BASE_ADDRESS_0 + 4 * VIRTIO_BAR, 8)) {
      this.#moveBar();
    }
    if (isCommand && (this.#space.read(PCI_COMMAND, 2) & PCI_COMMAND_MASTER) === 0) {
      this.#device.lostBusMaster();
    }
    if (isCommand || touches(offset, width, this.#msixAt + PCI_MSIX_FLAGS, 2)) {
      this.#interrupts.update();
    }
    if (offset === this.#access.dataAt) {
      this.#access.write();
    }
  }

  reset(): void {
    this.#device.reset();
    this.#space.reset();
    this.#moveBar();
    this.#table.reset();
    this.#interrupts.update();
  }

  #moveBar(): void {
    const at = PCI_BASE_ADDRESS_0 + 4 * VIRTIO_BAR;
    const low = this.#space.read(at, 4) & ~PCI_BASE_ADDRESS_MEM_FLAGS;
    const high = this.#space.read(at + 4, 4) | 0;
    const isEnabled = (this.#space.read(PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) !== 0;
    this.#context.decode.place(this.#context.firstBar, low, high, isEnabled);
  }
}

function create(context: FunctionContext<VirtioPciConfig>): PciFunction {
  const mutex = deviceMutex(context.area);
  const inner = new VirtioPciFunction(context);
  const config = new LockedDevice(mutex, inner);
  return {
    readConfig: (offset, width) => config.read(offset, width),
    writeConfig: (offset, width, value) => config.write(offset, width, value),
    bars: [new LockedDevice(mutex, inner.bar)],
    reset: () => {
      mutex.lock();
      try {
        inner.reset();
      } finally {
        mutex.unlock();
      }
    },
  };
}

/** A virtio device behind PCI, modern only. Virtio 1.2, 4.1. */
export const virtioPci: PciFunctionModule<VirtioPciConfig> = {
  name: 'virtio-pci',
  plan,
  powerOn,
  create,
};

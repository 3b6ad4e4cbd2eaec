import {
  allocateFrontEnds,
  type FrontEndSet,
  MAX_VFDS,
  type OpenDisk,
  type OpenNet,
} from '@crosvm/devices';
import type { CpuidEntry, Kvm, Vm } from '@crosvm/kvm';
import { KVM_CAP_TSC_DEADLINE_TIMER, KVM_PIT_SPEAKER_DUMMY } from '@crosvm/kvm-sys';
import { GuestMemory } from '@crosvm/sys-util';
import {
  type BootRegisters,
  configureBoot,
  filterCpuid,
  IDENTITY_MAP_ADDRESS,
  memoryRegions,
  MIN_MEMORY_SIZE,
  sharedMemoryWindow,
  TSS_ADDRESS,
} from '@crosvm/x86-64';

import type { CpuAffinity, RunConfig } from '../config';
import { openKvm } from '../host/open-kvm';
import { openNetwork, openSockets } from '../host/open-network';
import { openWayland } from '../host/open-wayland';
import { UserError } from '../user-error';
import type { HostedDevice } from './device-plan';
import { GuestClock } from './guest-clock';
import { makeLegacyDevices } from './legacy-devices';
import { LiveDisk } from './live-disk';
import { type LoadedGuest, loadGuest } from './load-guest';
import type { OwnBackEndsPlan } from './own-back-ends';
import { createPostedWritesLock } from './posted-writes';
import type { SharedRunState } from './run-state';
import { openSerialFiles } from './serial-files';
import { VcpuCounters } from './vcpu-counters';
import { SharedWindow } from './shared-window';
import type { VcpuPlan, VcpuStart } from './vcpu-plan';
import { type CustomDeviceEnd, makeVirtioDevices } from './virtio-devices';

const MIB = 1024 ** 2;

/** A VM with its devices, but without its vCPUs, which their own threads make, and without a guest. */
export interface Machine {
  /** What the thread of vCPU `index` needs. */
  vcpuPlan(index: number, runState: SharedRunState): VcpuPlan;
  /** What `VcpuCounters.create` made. */
  readonly exits: SharedArrayBuffer;
  /** What the back ends in this process need. */
  ownBackEnds(): OwnBackEndsPlan;
  /**
   * The devices whose back ends device hosts run, those that the guest wants first in front.
   * @param inputFd what a serial port that takes input reads
   */
  hosted(inputFd: number): readonly HostedDevice[];
  /** For what is done with disks while the guest runs; to be disposed of. */
  readonly liveDisks: readonly LiveDisk[];
  /** What the hosts of virtio devices map. */
  readonly memory: GuestMemory;
  /** Presses the power button. */
  pressPowerButton(): void;
  /** The clocks of the guest. */
  readonly clock: GuestClock;
  /**
   * Loads kernel, initrd and tables into memory, and empties the files of serial ports, but not when the
   * guest is started again.
   * @throws UserError and others saying what is wrong
   */
  load(isRestart: boolean): LoadedMachine;
}

/** What was opened before the machine is made; taken over. */
export interface OpenEnds {
  /** Open and locked. */
  readonly disks: readonly OpenDisk[];
  /** The card whose network passt is. */
  readonly passt: OpenNet | undefined;
  /** Devices of the user's own, whose hosts have loaded them. */
  readonly custom: readonly CustomDeviceEnd[];
}

/** What there is once the guest is loaded. */
export interface LoadedMachine {
  readonly start: VcpuStart;
  readonly guest: LoadedGuest;
}

function createVm(kvm: Kvm, memory: GuestMemory): Vm {
  const vm = kvm.createVm();
  // Before any vCPU: KVM on Intel hosts puts pages of its own there.
  vm.setTssAddress(TSS_ADDRESS);
  vm.setIdentityMapAddress(IDENTITY_MAP_ADDRESS);
  vm.createIrqchip();
  // With the dummy speaker KVM serves port 0x61 too, which kernels poll to calibrate the TSC.
  vm.createPit2(KVM_PIT_SPEAKER_DUMMY);
  memory.regions.forEach((region, slot) => vm.setUserMemoryRegion(slot, region));
  return vm;
}

function affinityOf(
  affinity: CpuAffinity | undefined,
  index: number,
): readonly number[] | undefined {
  return affinity?.kind === 'each' ? affinity.cpus.get(index) : affinity?.cpus;
}

function load(kvm: Kvm, memory: GuestMemory, config: RunConfig): LoadedMachine {
  const guest = loadGuest(memory, config);
  const boot: BootRegisters = configureBoot(memory, {
    ...guest,
    cpus: config.cpus,
    serialPorts: config.serial.map(({ num }) => num),
    pci: true,
    panicDevice: true,
  });
  const tscDeadline = kvm.checkExtension(KVM_CAP_TSC_DEADLINE_TIMER) !== 0;
  const cpuid: CpuidEntry[] = filterCpuid(kvm.supportedCpuid(), { cpus: config.cpus, tscDeadline });
  return { start: { cpuid, boot }, guest };
}

/**
 * Makes a VM from its configuration: memory, interrupt controllers, devices. Nothing has to be undone
 * if it fails: all of it is this process's own.
 * @throws UserError and others saying what is wrong
 */
export function buildMachine(config: RunConfig, { disks, passt, custom }: OpenEnds): Machine {
  const memorySize = config.memory * MIB;
  if (memorySize < MIN_MEMORY_SIZE) {
    throw new UserError(`--mem ${config.memory} is too little for any kernel`, {
      hint: `say --mem ${MIN_MEMORY_SIZE / MIB} or more; most kernels need 64 at least`,
    });
  }
  const cards = openNetwork(config.network);
  const sockets = openSockets(config.cid);
  const wayland = openWayland(config.wayland, { jailed: config.sandbox });
  const kvm = openKvm(config.cpus);
  const memory = GuestMemory.create(memoryRegions(memorySize));
  const vm = createVm(kvm, memory);
  const serialFiles = openSerialFiles(config, disks);
  const legacy = makeLegacyDevices(vm, config, serialFiles);
  const liveDisks = disks.map((disk, index) => new LiveDisk(disk, index));
  const virtio = makeVirtioDevices({
    disks,
    cards,
    vhost: config.network?.vhost === true,
    passt,
    sockets,
    balloon: config.balloon,
    custom,
    wayland,
    sharedMemory: new SharedWindow(vm, {
      window: sharedMemoryWindow(memory.end),
      firstSlot: memory.regions.length,
      slots: MAX_VFDS,
    }),
  });
  const frontEnds: FrontEndSet = allocateFrontEnds([...legacy.requests, virtio.bus]);
  const { vcpuMmapSize } = kvm;
  const postedWrites = createPostedWritesLock();
  const exits = VcpuCounters.create(config.cpus);
  return {
    ownBackEnds: () => legacy.ownBackEnds(frontEnds),
    hosted: (inputFd) => [...legacy.hosted(inputFd), ...virtio.hosted],
    memory,
    liveDisks,
    clock: new GuestClock(vm),
    exits,
    pressPowerButton: () => legacy.pressPowerButton(frontEnds),
    load: (isRestart) => {
      const loaded = load(kvm, memory, config);
      if (!isRestart) {
        serialFiles.truncate();
      }
      return loaded;
    },
    vcpuPlan: (index, runState) => {
      const affinity = affinityOf(config.cpuAffinity, index);
      return {
        index,
        vmFd: vm.raw,
        vcpuMmapSize,
        frontEnds,
        msiRoutes: virtio.msiRoutes,
        postedWrites,
        runState: runState.buffer,
        counters: exits,
        holdPanic: config.onPanic === 'hold',
        ...(affinity === undefined ? {} : { affinity }),
      };
    },
  };
}

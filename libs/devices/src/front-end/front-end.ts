import type { MmioRange, MovingRanges } from '../bus/mmio-bus';
import type { PortRange } from '../bus/port-bus';
import type { PciHost } from '../pci/pci-host';
import type { BackEndPort } from '../virtio/channel/port';

/** An interrupt of the guest: an irqfd, whose every signal is one edge. */
export interface InterruptLine {
  raise(): void;
}

/** An interrupt of the guest that may be connected to nothing for a while; then signals wait. */
export interface InterruptWire extends InterruptLine {
  /** Whether a signal waits. */
  readonly pending: boolean;
  /** Forgets the signals that wait. */
  clear(): void;
}

/** Wakes the back end of a device. */
export interface Doorbell {
  ring(): void;
}

/** What a guest's reset and power registers act on. */
export interface PowerControl {
  /** The guest asked for a reset of the machine. */
  reset(): void;
  /** The guest switched the machine off. */
  powerOff(): void;
  /** The guest's kernel says that it has panicked. */
  panicked?(): void;
}

/** What a front end needs of the thread it runs in. File descriptors are numbers in its config. */
export interface HostServices {
  readonly power: PowerControl;
  /** What PCI devices make KVM do. */
  readonly pci: PciHost;
  /** The line behind an irqfd. */
  interrupt(fd: number): InterruptWire;
  /** The doorbell behind a kick eventfd. */
  doorbell(fd: number): Doorbell;
  /** The back end that answers requests on a socket. */
  backEnd(fd: number): BackEndPort;
  /** Maps a device page; it stays mapped until the process ends. */
  mapPage(fd: number, size: number): Uint8Array;
  /** The host's clock: milliseconds since 1970 in UTC. */
  now(): number;
  /** Takes note of something that the guest did wrong; as often as the guest does it. */
  guestError(message: string): void;
}

/** Where the state of one device lies. */
export interface StateArea {
  readonly buffer: SharedArrayBuffer;
  /** In bytes; a multiple of a cache line. */
  readonly offset: number;
}

/** What a front end is made from. */
export interface FrontEndContext<Config> {
  readonly area: StateArea;
  readonly config: Config;
  readonly host: HostServices;
}

/**
 * The guest-visible registers of one device, as one vCPU thread has them. Its state is bytes in a
 * `StateArea`, so that every thread has its own instance over the same state.
 */
export interface FrontEnd {
  readonly ports: readonly PortRange[];
  readonly mmio: readonly MmioRange[];
  /** Addresses that the guest moves. */
  readonly moving?: MovingRanges;
  /**
   * What a reset of the machine does to the device. The vCPUs must be stopped.
   * What a battery keeps on hardware (the clock, its memory) stays.
   */
  reset(): void;
}

/** How many bytes of state a device with this config has. */
export interface StateSizeOf<Config> {
  of(config: Config): number;
}

/** A kind of front end. */
export interface FrontEndModule<Config> {
  readonly name: string;
  /** Bytes of state, or how many a device of a config has. */
  readonly stateSize: number | StateSizeOf<Config>;
  /** Puts zeroed state to what the device has when power comes on. */
  powerOn(area: StateArea, config: Config): void;
  /** Makes this thread's instance over state that was powered on. */
  create(context: FrontEndContext<Config>): FrontEnd;
}

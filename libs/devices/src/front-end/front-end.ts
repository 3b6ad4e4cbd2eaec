import type { MmioRange } from '../bus/mmio-bus';
import type { PortRange } from '../bus/port-bus';

/** An interrupt of the guest: an irqfd, whose every signal is one edge. */
export interface InterruptLine {
  raise(): void;
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
}

/** What a front end needs of the thread it runs in. File descriptors are numbers in its config. */
export interface HostServices {
  readonly power: PowerControl;
  /** The line behind an irqfd. */
  interrupt(fd: number): InterruptLine;
  /** The doorbell behind a kick eventfd. */
  doorbell(fd: number): Doorbell;
  /** Maps a device page; it stays mapped until the process ends. */
  mapPage(fd: number, size: number): Uint8Array;
  /** The host's clock: milliseconds since 1970 in UTC. */
  now(): number;
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
  /**
   * What a reset of the machine does to the device. The vCPUs must be stopped.
   * What a battery keeps on hardware (the clock, its memory) stays.
   */
  reset(): void;
}

/** A kind of front end. */
export interface FrontEndModule<Config> {
  readonly name: string;
  /** Bytes of state. */
  readonly stateSize: number;
  /** Puts zeroed state to what the device has when power comes on. */
  powerOn(area: StateArea, config: Config): void;
  /** Makes this thread's instance over state that was powered on. */
  create(context: FrontEndContext<Config>): FrontEnd;
}

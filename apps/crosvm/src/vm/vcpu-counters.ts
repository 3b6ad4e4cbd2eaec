import { SharedCounters } from '@crosvm/data-model';

/** Why a vCPU came out of its guest. */
export const VcpuExit = {
  PortRead: 0,
  PortWrite: 1,
  MmioRead: 2,
  MmioWrite: 3,
  /** It was kicked, or its thread got another signal. */
  Signal: 4,
  SystemEvent: 5,
  Other: 6,
} as const;

/** One of the values of `VcpuExit`. */
export type VcpuExitValue = (typeof VcpuExit)[keyof typeof VcpuExit];

/** Counters that each vCPU has room for: a cache line, so that vCPUs do not slow each other. */
const ROOM = 8;

/** How often a vCPU came out of its guest, by reason. */
export interface ExitCounts {
  readonly portReads: number;
  readonly portWrites: number;
  readonly mmioReads: number;
  readonly mmioWrites: number;
  readonly signals: number;
  readonly systemEvents: number;
  readonly others: number;
}

/** Counts the exits of one vCPU, in memory that its thread shares with who watches the VM. */
export class VcpuCounters {
  readonly #counters: SharedCounters;

  /** @param buffer what `create` made */
  constructor(buffer: SharedArrayBuffer, vcpu: number) {
    const first = (SharedCounters.size(ROOM) * vcpu) / Int32Array.BYTES_PER_ELEMENT;
    this.#counters = new SharedCounters(new Int32Array(buffer), first);
  }

  /** Memory for the counters of `cpus` vCPUs. */
  static create(cpus: number): SharedArrayBuffer {
    return new SharedArrayBuffer(SharedCounters.size(ROOM) * cpus);
  }

  /** Counts an exit; only the vCPU's thread may. */
  count(reason: VcpuExitValue): void {
    this.#counters.increment(reason);
  }

  /** What they stand at. */
  read(): ExitCounts {
    const counters = this.#counters;
    return {
      portReads: counters.read(VcpuExit.PortRead),
      portWrites: counters.read(VcpuExit.PortWrite),
      mmioReads: counters.read(VcpuExit.MmioRead),
      mmioWrites: counters.read(VcpuExit.MmioWrite),
      signals: counters.read(VcpuExit.Signal),
      systemEvents: counters.read(VcpuExit.SystemEvent),
      others: counters.read(VcpuExit.Other),
    };
  }
}

import type { FrontEndSet } from '@crosvm/devices';
import type { CpuidEntry } from '@crosvm/kvm';
import type { BootRegisters } from '@crosvm/x86-64';

import type { VmEnd } from './vm-end';

/** What a vCPU is made of: plain data and numbers of descriptors of this process. */
export interface VcpuPlan {
  readonly index: number;
  readonly vmFd: number;
  readonly vcpuMmapSize: number;
  readonly frontEnds: FrontEndSet;
  /** What `createMsiRoutes` made. */
  readonly msiRoutes: SharedArrayBuffer;
  /** What `createPostedWritesLock` made. */
  readonly postedWrites: SharedArrayBuffer;
  readonly runState: SharedArrayBuffer;
  /** What `VcpuCounters.create` made. */
  readonly counters: SharedArrayBuffer;
  /** Whether the VM is kept as it is when its kernel panics; else it ends. */
  readonly holdPanic: boolean;
  /** Host CPUs that the thread may run on. */
  readonly affinity?: readonly number[];
}

/** How a vCPU begins: known when the guest is loaded. */
export interface VcpuStart {
  readonly cpuid: readonly CpuidEntry[];
  /** Where the boot vCPU begins, and what it finds there. */
  readonly boot: BootRegisters;
}

/** What the supervisor tells a vCPU worker, in this order. */
export type VcpuRequest =
  | { readonly kind: 'make'; readonly plan: VcpuPlan }
  | { readonly kind: 'start'; readonly start: VcpuStart };

/** What a vCPU worker tells the supervisor. */
export type VcpuMessage =
  /** The vCPU exists and waits for the run state to change. */
  | { readonly kind: 'ready' }
  /** The loop ended; `end` is missing when it was told to stop. */
  | { readonly kind: 'ended'; readonly end?: VmEnd }
  /** The guest's kernel has panicked, and the VM is to be kept. */
  | { readonly kind: 'panicked' }
  /** Something for the log. */
  | { readonly kind: 'log'; readonly level: 'warn' | 'debug'; readonly message: string };

import { alignUp } from '@crosvm/data-model';

import type { MmioBus } from '../bus/mmio-bus';
import type { PortBus } from '../bus/port-bus';
import type { FrontEnd, FrontEndModule, HostServices, StateArea } from './front-end';

/** Devices do not share cache lines, so that vCPUs on different devices do not slow each other. */
const CACHE_LINE = 64;

/** A device that a machine is to have. */
export interface FrontEndRequest {
  readonly module: FrontEndModule<unknown>;
  /** The module's config: plain data that can be posted to a worker. */
  readonly config: unknown;
}

/** Where a device was put. */
export interface FrontEndPlacement {
  /** The name of its module. */
  readonly module: string;
  readonly config: unknown;
  /** Of its state, in bytes. */
  readonly offset: number;
}

/** All front ends of a machine, in a form that can be posted to the vCPU workers. */
export interface FrontEndSet {
  readonly buffer: SharedArrayBuffer;
  readonly placements: readonly FrontEndPlacement[];
}

/** A device of this kind with this config. */
export function request<Config>(module: FrontEndModule<Config>, config: Config): FrontEndRequest {
  return { module, config };
}

/** Puts the state of all devices into one shared buffer and powers them on. */
export function allocateFrontEnds(requests: readonly FrontEndRequest[]): FrontEndSet {
  let size = 0;
  const placements = requests.map(({ module, config }) => {
    const offset = size;
    const { stateSize } = module;
    const bytes = typeof stateSize === 'number' ? stateSize : stateSize.of(config);
    size += alignUp(bytes, CACHE_LINE);
    return { module: module.name, config, offset };
  });
  const buffer = new SharedArrayBuffer(size);
  requests.forEach(({ module, config }, index) => {
    module.powerOn({ buffer, offset: placements[index]?.offset ?? 0 }, config);
  });
  return { buffer, placements };
}

/** The state of device number `index` of a set. */
export function areaOf(set: FrontEndSet, index: number): StateArea {
  const placement = set.placements[index];
  if (placement === undefined) {
    throw new RangeError(`device ${index} of ${set.placements.length}`);
  }
  return { buffer: set.buffer, offset: placement.offset };
}

/**
 * Makes this thread's instances of all devices of a set.
 * @throws Error if there is no module of a name
 */
export function createFrontEnds(
  set: FrontEndSet,
  modules: readonly FrontEndModule<unknown>[],
  host: HostServices,
): FrontEnd[] {
  return set.placements.map(({ module: name, config, offset }) => {
    const module = modules.find((candidate) => candidate.name === name);
    if (module === undefined) {
      throw new Error(`no front end is called '${name}'`);
    }
    return module.create({ area: { buffer: set.buffer, offset }, config, host });
  });
}

/**
 * Puts front ends on this thread's buses.
 * @throws RangeError if two of them want the same port or address
 */
export function attachFrontEnds(
  frontEnds: readonly FrontEnd[],
  buses: { readonly ports: PortBus; readonly mmio: MmioBus },
): void {
  for (const { ports, mmio, moving } of frontEnds) {
    ports.forEach((range) => buses.ports.insert(range));
    mmio.forEach((range) => buses.mmio.insert(range));
    if (moving !== undefined) {
      buses.mmio.follow(moving);
    }
  }
}

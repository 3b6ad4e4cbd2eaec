import { alignUp, type GuestAddress } from '@crosvm/data-model';

import { DecodeTable, type PciWindow } from './decode-table';
import { hostBridge } from './host-bridge';
import type { FunctionPlan, PciFunctionModule, PciFunctionRequest } from './pci-function';
import { PCI_CONFIG_SIZE, PCI_SLOTS } from './registers';

/** The PCI bus of a machine. Plain data. */
export interface PciConfig {
  /** Where BARs may be. */
  readonly window: PciWindow;
  /** The devices, in slots 1, 2, and so on: 31 at most. */
  readonly functions: readonly PciFunctionRequest[];
}

/** A function in its slot, with where its state is and where its BARs are at power-on. */
export interface PlacedFunction {
  readonly module: PciFunctionModule<unknown>;
  readonly config: unknown;
  readonly plan: FunctionPlan;
  /** Such as '00:03.0'. */
  readonly name: string;
  /** Of its configuration space, from the start of the bus's state. */
  readonly spaceOffset: number;
  /** Of the rest of its state; a multiple of a cache line. */
  readonly stateOffset: number;
  /** The number of its first BAR among those of all functions. */
  readonly firstBar: number;
  /** The addresses of its BARs at power-on. */
  readonly bases: readonly GuestAddress[];
}

/** Where everything of a bus is: the same on every thread. */
export interface PciPlacement {
  /** Bytes of state of the whole bus. */
  readonly stateSize: number;
  /** Of the decode table. */
  readonly tableOffset: number;
  /** By slot. */
  readonly functions: readonly PlacedFunction[];
}

/** CONFIG_ADDRESS has the first cache line. */
const CACHE_LINE = 64;

/**
 * Gives out addresses of a window from its start. There is no firmware to do so, and a BAR is aligned
 * to its size (PCI 3.0, 6.2.5.1).
 */
class WindowAllocator {
  #next: GuestAddress;

  constructor(private readonly window: PciWindow) {
    this.#next = window.base;
  }

  /** @throws RangeError if the window is full */
  take(size: number): GuestAddress {
    const at = alignUp(this.#next, size);
    if (at - this.window.base > this.window.size - size) {
      throw new RangeError(`no room for a BAR of ${size} bytes in the PCI window`);
    }
    this.#next = at + size;
    return at;
  }
}

function moduleOf(
  { module: name }: PciFunctionRequest,
  modules: readonly PciFunctionModule<unknown>[],
): PciFunctionModule<unknown> {
  const module = modules.find((candidate) => candidate.name === name);
  if (module === undefined) {
    throw new Error(`no PCI device is called '${name}'`);
  }
  return module;
}

/**
 * Puts the host bridge into slot 0 and the devices behind it, and gives each its state and addresses.
 * @throws RangeError if there are too many devices, or the window is too small
 * @throws Error if there is no module of a name
 */
export function placeFunctions(
  { window, functions }: PciConfig,
  modules: readonly PciFunctionModule<unknown>[],
): PciPlacement {
  if (functions.length >= PCI_SLOTS) {
    throw new RangeError(`${functions.length} PCI devices; ${PCI_SLOTS - 1} fit on the bus`);
  }
  const all = [
    { module: hostBridge as PciFunctionModule<unknown>, config: undefined },
    ...functions.map((each) => ({ module: moduleOf(each, modules), config: each.config })),
  ];
  const planned = all.map((each) => ({ ...each, plan: each.module.plan(each.config) }));
  const bars = planned.reduce((sum, { plan }) => sum + plan.bars.length, 0);
  const allocator = new WindowAllocator(window);
  let next = CACHE_LINE + alignUp(DecodeTable.stateSize(bars), CACHE_LINE);
  let firstBar = 0;
  const placed = planned.map((each, slot): PlacedFunction => {
    const spaceOffset = next;
    const stateOffset = spaceOffset + PCI_CONFIG_SIZE;
    next = stateOffset + alignUp(each.plan.stateSize, CACHE_LINE);
    const place = {
      ...each,
      name: `00:${slot.toString(16).padStart(2, '0')}.0`,
      spaceOffset,
      stateOffset,
      firstBar,
      bases: each.plan.bars.map(({ size }) => allocator.take(size)),
    };
    firstBar += each.plan.bars.length;
    return place;
  });
  return { stateSize: next, tableOffset: CACHE_LINE, functions: placed };
}

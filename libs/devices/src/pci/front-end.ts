import { TWO_POW_32 } from '@crosvm/data-model';

import type { FrontEnd, FrontEndContext, FrontEndModule, StateArea } from '../front-end/front-end';
import {
  ConfigAddress,
  ConfigData,
  PCI_CONFIG_ADDRESS_PORT,
  PCI_CONFIG_DATA_PORT,
  PCI_CONFIG_PORTS,
} from './config-ports';
import { ConfigSpace } from './config-space';
import { DecodeTable } from './decode-table';
import type { PciFunction } from './pci-function';
import { type PciConfig, type PlacedFunction, placeFunctions } from './placement';
import { PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_MEM_TYPE_64, PCI_CONFIG_SIZE } from './registers';
import { PCI_FUNCTIONS } from './registry';

function spaceOf({ buffer, offset }: StateArea, { spaceOffset }: PlacedFunction): Uint8Array {
  return new Uint8Array(buffer, offset + spaceOffset, PCI_CONFIG_SIZE);
}

function stateOf({ buffer, offset }: StateArea, { stateOffset }: PlacedFunction): StateArea {
  return { buffer, offset: offset + stateOffset };
}

/** Puts a function's configuration space to what firmware would leave: BARs are programmed. */
function powerOnSpace(area: StateArea, placed: PlacedFunction): void {
  const { plan, bases } = placed;
  const space = new ConfigSpace(spaceOf(area, placed), plan.image);
  space.reset();
  plan.bars.forEach(({ index }, number) => {
    const base = bases[number] ?? 0;
    const at = PCI_BASE_ADDRESS_0 + 4 * index;
    space.set(at, (base % TWO_POW_32) + PCI_BASE_ADDRESS_MEM_TYPE_64);
    space.set(at + 4, Math.floor(base / TWO_POW_32));
  });
}

function powerOn(area: StateArea, config: PciConfig): void {
  placeFunctions(config, PCI_FUNCTIONS).functions.forEach((placed) => {
    powerOnSpace(area, placed);
    placed.module.powerOn(stateOf(area, placed), placed.config);
  });
}

function create({ area, config, host }: FrontEndContext<PciConfig>): FrontEnd {
  const { tableOffset, functions: placed } = placeFunctions(config, PCI_FUNCTIONS);
  const tableArea = { buffer: area.buffer, offset: area.offset + tableOffset };
  const bars = placed.flatMap(({ plan }) => plan.bars);
  const decode = new DecodeTable(tableArea, bars, config.window, host.pci);
  const functions = placed.map((each): PciFunction => {
    const { name, firstBar } = each;
    const parts = { space: spaceOf(area, each), area: stateOf(area, each), config: each.config };
    return each.module.create({ ...parts, name, firstBar, host, decode });
  });
  decode.connect(functions.flatMap((each) => each.bars));
  const address = new ConfigAddress(area.buffer, area.offset);
  const data = new ConfigData(address, functions);
  const length = PCI_CONFIG_PORTS;
  return {
    ports: [
      { base: PCI_CONFIG_ADDRESS_PORT, length, device: address, dwordOnly: true },
      { base: PCI_CONFIG_DATA_PORT, length, device: data },
    ],
    mmio: [],
    moving: decode,
    reset: () => {
      address.value = 0;
      functions.forEach((each) => each.reset());
      placed.forEach((each) => powerOnSpace(area, each));
    },
  };
}

/** PCI bus 0: configuration mechanism #1, the host bridge, and the devices. */
export const pci: FrontEndModule<PciConfig> = {
  name: 'pci',
  stateSize: { of: (config) => placeFunctions(config, PCI_FUNCTIONS).stateSize },
  powerOn,
  create,
};

import type { AccessWidth, BusDevice } from '../bus/bus-device';
import type { HostServices, StateArea } from '../front-end/front-end';
import type { ConfigImage } from './config-space';
import type { DecodeTable, NotifyPlan } from './decode-table';
import type { MemoryBar } from './header';

/** A BAR of a function, with what of it KVM serves. */
interface FunctionBar extends MemoryBar {
  readonly notify?: NotifyPlan;
}

/** What a function needs to be put into a slot; the same for the same config, on every thread. */
export interface FunctionPlan {
  /** Bytes of state of its own, behind its configuration space. */
  readonly stateSize: number;
  readonly image: ConfigImage;
  readonly bars: readonly FunctionBar[];
}

/** What a function is made from. */
export interface FunctionContext<Config> {
  /** Its configuration space: 256 bytes of shared state. */
  readonly space: Uint8Array;
  /** The rest of its state; the first word is its lock. */
  readonly area: StateArea;
  readonly config: Config;
  readonly host: HostServices;
  readonly decode: DecodeTable;
  /** The number of its first BAR in the table; the others follow. */
  readonly firstBar: number;
  /** What it is called in messages, such as '00:03.0'. */
  readonly name: string;
}

/**
 * A PCI function, as one vCPU thread has it. It takes its own lock; accesses are naturally aligned,
 * and nothing that a guest does makes it throw.
 */
export interface PciFunction {
  readConfig(offset: number, width: AccessWidth): number;
  writeConfig(offset: number, width: AccessWidth, value: number): void;
  /** Who answers on its BARs, in the order of the plan. */
  readonly bars: readonly BusDevice[];
  /** A reset of the bus. Its configuration space is put to what it is at power-on afterwards. */
  reset(): void;
}

/** A kind of function. */
export interface PciFunctionModule<Config> {
  readonly name: string;
  /** @throws RangeError if there can be no such device */
  plan(config: Config): FunctionPlan;
  /** Puts zeroed state to what it is at power-on. */
  powerOn(area: StateArea, config: Config): void;
  create(context: FunctionContext<Config>): PciFunction;
}

/** A PCI device that a machine is to have: plain data. */
export interface PciFunctionRequest {
  /** The name of its module. */
  readonly module: string;
  readonly config: unknown;
}

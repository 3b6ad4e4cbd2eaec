import { type GuestAddress, TWO_POW_32 } from '@crosvm/data-model';

import type { AccessWidth } from '../bus/bus-device';
import { MmioBus } from '../bus/mmio-bus';
import { PortBus } from '../bus/port-bus';
import {
  allocateFrontEnds,
  attachFrontEnds,
  createFrontEnds,
  type FrontEndSet,
  request,
} from '../front-end/allocate';
import type { FrontEnd } from '../front-end/front-end';
import { FRONT_ENDS } from '../front-end/registry';
import type { PciWindow } from '../pci/decode-table';
import { pci } from '../pci/front-end';
import type { PciFunctionRequest } from '../pci/pci-function';
import { FakeHost } from './fake-host';

/** The window that the rig's BARs are in. */
export const RIG_WINDOW: PciWindow = { base: 0xc000_0000, size: 0x2000_0000 };

/** One vCPU's view of a machine that has nothing but PCI. */
export class PciThread {
  readonly ports = new PortBus();
  readonly mmio = new MmioBus();
  readonly frontEnd: FrontEnd;

  constructor(set: FrontEndSet, host: FakeHost) {
    const frontEnds = createFrontEnds(set, FRONT_ENDS, host);
    attachFrontEnds(frontEnds, { ports: this.ports, mmio: this.mmio });
    const [frontEnd] = frontEnds;
    if (frontEnd === undefined) {
      throw new Error('no front end');
    }
    this.frontEnd = frontEnd;
  }

  /** Reads a register of the function in `slot` by configuration mechanism #1. */
  readConfig(slot: number, at: number, width: AccessWidth = 4): number {
    this.ports.store(0xcf8, 4, (0x8000_0000 | (slot << 11) | (at & 0xfc)) >>> 0);
    return this.ports.load(0xcfc + (at & 3), width);
  }

  /** Writes a register of the function in `slot`. */
  writeConfig(slot: number, at: number, value: number, width: AccessWidth = 4): void {
    this.ports.store(0xcf8, 4, (0x8000_0000 | (slot << 11) | (at & 0xfc)) >>> 0);
    this.ports.store(0xcfc + (at & 3), width, value);
  }

  /** Reads guest-physical memory. */
  read(at: GuestAddress, width: AccessWidth = 4): number {
    return this.mmio.load(at | 0, Math.floor(at / TWO_POW_32) | 0, width);
  }

  /** Writes guest-physical memory. */
  write(at: GuestAddress, value: number, width: AccessWidth = 4): void {
    this.mmio.store(at | 0, Math.floor(at / TWO_POW_32) | 0, width, value);
  }

  /** The address that the BAR of the function in `slot` says. */
  bar(slot: number): GuestAddress {
    const low = this.readConfig(slot, 0x10) & ~0xf;
    return (low >>> 0) + this.readConfig(slot, 0x14) * TWO_POW_32;
  }

  /** Programs the BAR of the function in `slot`. */
  moveBar(slot: number, to: GuestAddress): void {
    this.writeConfig(slot, 0x10, to % TWO_POW_32);
    this.writeConfig(slot, 0x14, Math.floor(to / TWO_POW_32));
  }

  /** Where the capability of that id, and that virtio type if given, is; 0 if there is none. */
  capability(slot: number, id: number, type?: number): number {
    let at = this.readConfig(slot, 0x34, 1);
    for (let left = 48; at !== 0 && left > 0; left -= 1) {
      const found = this.readConfig(slot, at, 1) === id;
      if (found && (type === undefined || this.readConfig(slot, at + 3, 1) === type)) {
        return at;
      }
      at = this.readConfig(slot, at + 1, 1);
    }
    return 0;
  }
}

/** A machine that has nothing but PCI, with as many vCPU threads as wanted. */
export class PciRig {
  readonly host = new FakeHost();
  readonly set: FrontEndSet;

  constructor(functions: readonly PciFunctionRequest[], window: PciWindow = RIG_WINDOW) {
    this.set = allocateFrontEnds([request(pci, { window, functions })]);
  }

  thread(): PciThread {
    return new PciThread(this.set, this.host);
  }
}

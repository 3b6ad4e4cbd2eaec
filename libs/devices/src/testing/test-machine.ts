import { type AccessWidth, allOnes } from '../bus/bus-device';
import { MmioBus } from '../bus/mmio-bus';
import { PortBus } from '../bus/port-bus';
import {
  allocateFrontEnds,
  attachFrontEnds,
  createFrontEnds,
  type FrontEndRequest,
  type FrontEndSet,
} from '../front-end/allocate';
import type { FrontEnd } from '../front-end/front-end';
import { FRONT_ENDS } from '../front-end/registry';
import { FakeHost } from './fake-host';

/** Something a guest does with a port; `value` counts for writes. */
export interface PortAccess {
  readonly port: number;
  readonly width: AccessWidth;
  readonly value: number;
  readonly write: boolean;
}

/** Devices on a port bus, as one vCPU thread has them. */
export class TestMachine {
  readonly host = new FakeHost();
  readonly ports = new PortBus();
  readonly set: FrontEndSet;
  readonly frontEnds: FrontEnd[];

  constructor(...requests: FrontEndRequest[]) {
    this.set = allocateFrontEnds(requests);
    this.frontEnds = createFrontEnds(this.set, FRONT_ENDS, this.host);
    attachFrontEnds(this.frontEnds, { ports: this.ports, mmio: new MmioBus() });
  }

  /** Reads a byte. */
  in(port: number): number {
    return this.ports.load(port, 1);
  }

  /** Writes a byte. */
  out(port: number, value: number): void {
    this.ports.store(port, 1, value);
  }

  /** Does what a guest did; returns what it read, 0 for a write. */
  access({ port, width, value, write }: PortAccess): number {
    if (!write) {
      return this.ports.load(port, width);
    }
    this.ports.store(port, width, value & allOnes(width));
    return 0;
  }
}

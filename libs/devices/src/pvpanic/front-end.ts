import { i32, struct } from '@crosvm/data-model';

import type { BusDevice } from '../bus/bus-device';
import type { FrontEnd, FrontEndContext, FrontEndModule } from '../front-end/front-end';

/** The device, as its front end needs to know it. */
export interface PvpanicConfig {
  /** Its only port. */
  readonly base: number;
}

/** Events, as bits: which there are, when read; which happened, when written. */
const Event = {
  /** The guest's kernel has panicked, and does nothing more. */
  PANICKED: 0x01,
} as const;

const PORTS = 1;

/** It remembers nothing. */
const pvpanicState = struct('pvpanic_state', { lock: i32 });

function create({ config, host }: FrontEndContext<PvpanicConfig>): FrontEnd {
  const device: BusDevice = {
    read: () => Event.PANICKED,
    write: (_offset, _width, value) => {
      if ((value & Event.PANICKED) !== 0) {
        host.power.panicked?.();
      }
    },
  };
  return {
    ports: [{ base: config.base, length: PORTS, device }],
    mmio: [],
    reset: () => undefined,
  };
}

/**
 * A port by which a guest's kernel tells that it has panicked. Source: QEMU's docs/specs/pvpanic; Linux
 * has the driver (pvpanic-mmio, by the ACPI id QEMU0001).
 */
export const pvpanic: FrontEndModule<PvpanicConfig> = {
  name: 'pvpanic',
  stateSize: pvpanicState.size,
  powerOn: () => undefined,
  create,
};

import { type ConfigImage, configImage, ConfigSpace } from './config-space';
import { identityParts, placeCapabilities } from './header';
import type { PciFunction, PciFunctionModule } from './pci-function';
import { PCI_COMMAND_MASTER, PCI_COMMAND_MEMORY } from './registers';

/**
 * Red Hat's generic host bridge (QEMU's docs/specs/pci-ids). Kernels know a bridge by its class and
 * need no driver for it; those of real chip sets (440FX, Q35) bring quirks and drivers along that
 * look for the rest of the chip set (`quirk_natoma`, AGP, EDAC), and nothing in Linux matches this one.
 */
const RED_HAT = 0x1b36;
const GENERIC_HOST_BRIDGE = 0x0008;
/** Bridge, host. PCI 3.0, appendix D. */
const HOST_BRIDGE_CLASS = 0x06_00_00;

function image(): ConfigImage {
  const identity = {
    vendor: RED_HAT,
    device: GENERIC_HOST_BRIDGE,
    revision: 0,
    classCode: HOST_BRIDGE_CLASS,
  };
  // It always forwards: hard-wired, as on other host bridges.
  const command = { value: PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, writable: 0 };
  return configImage([...identityParts(identity, command), ...placeCapabilities([]).parts]);
}

/** The bridge between the CPUs and bus 0: registers that say so, none that can be written. */
export const hostBridge: PciFunctionModule<undefined> = {
  name: 'host-bridge',
  plan: () => ({ stateSize: 0, image: image(), bars: [] }),
  powerOn: () => undefined,
  create: ({ space }): PciFunction => {
    const config = new ConfigSpace(space, image());
    return {
      readConfig: (offset, width) => config.read(offset, width),
      writeConfig: () => undefined,
      bars: [],
      reset: () => undefined,
    };
  },
};

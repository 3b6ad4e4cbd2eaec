import { virtioPci } from '../virtio/pci/function';
import type { PciFunctionModule } from './pci-function';

/** Every kind of PCI device there is: one line a kind. */
export const PCI_FUNCTIONS: readonly PciFunctionModule<unknown>[] = [virtioPci];

import type { DeviceModule } from './backend';
import { block } from './block/module';
import { rng } from './rng';

/** Every kind of virtio device there is: one line a kind. */
export const VIRTIO_DEVICES: readonly DeviceModule<unknown>[] = [block, rng];

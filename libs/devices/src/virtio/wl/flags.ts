import { VIRTIO_WL_F_TRANS_FLAGS } from '@crosvm/virtio-sys';

import type { ActivationContext } from '../backend';
import { hasFeature } from '../features';

/** Whether flags say how a vfd can be used, and not what it is. */
export function usesTransitionFlags(context: ActivationContext | undefined): boolean {
  return context !== undefined && hasFeature(context.features, VIRTIO_WL_F_TRANS_FLAGS);
}

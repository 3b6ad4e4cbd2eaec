import { SIGRTMIN } from '@crosvm/sys-util';

/**
 * The signal that ends a KVM_RUN. vCPU threads block it, and KVM unblocks it inside KVM_RUN only, so
 * it never runs a handler; one that arrives outside stays pending and ends the next KVM_RUN.
 */
export const KICK_SIGNAL = SIGRTMIN;

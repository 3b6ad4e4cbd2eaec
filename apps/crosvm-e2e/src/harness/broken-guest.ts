/**
 * What crosvm says of a vCPU that ended in a triple fault. On an emulated host it may be the emulator that broke
 * the guest: see "The emulated host" in the README.
 */
export const BROKEN_GUEST = 'KVM_EXIT_SHUTDOWN';

/** The ioctl group of KVM. */
export const KVMIO = 0xae;

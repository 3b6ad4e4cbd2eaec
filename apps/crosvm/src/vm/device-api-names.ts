/** The packages that the module of a user's device finds in the program that loads it. */
export const DEVICE_API = [
  '@crosvm/data-model',
  '@crosvm/devices',
  '@crosvm/sys-util',
  '@crosvm/virtio-sys',
] as const;

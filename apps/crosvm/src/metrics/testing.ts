import type { VmMetrics } from './vm-metrics';

/** A vCPU that has had no exit. */
export const NO_EXITS = {
  portReads: 0,
  portWrites: 0,
  mmioReads: 0,
  mmioWrites: 0,
  signals: 0,
  systemEvents: 0,
  others: 0,
};

const counts = {
  kicks: 3,
  interrupts: 2,
  requests: 5,
  toGuestBytes: 4096,
  fromGuestBytes: 512,
  errors: 1,
};

/** What a VM with two vCPUs and two devices could have done. */
export const METRICS: VmMetrics = {
  uptimeMs: 2500,
  vcpus: [
    { index: 0, exits: { ...NO_EXITS, portReads: 7 } },
    { index: 1, exits: { ...NO_EXITS, mmioWrites: 9 } },
  ],
  devices: [
    { name: 'disk vda', kind: 'block', counts },
    { name: 'network card over "a\\b"', kind: 'net', counts },
  ],
};

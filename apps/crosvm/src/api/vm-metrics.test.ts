import type { Result } from '@crosvm/vm-control';

import { NO_EXITS } from '../metrics/testing';
import { metricsOf } from './vm-metrics';

const STATUS: Result<'status'> = {
  pid: 1,
  state: 'running',
  uptimeMs: 7,
  restarts: 0,
  cpus: 1,
  memory: 1,
  kernel: 'vmlinux',
  sandbox: true,
  devices: [],
};

describe('metricsOf', () => {
  it('has what vCPUs and devices count, and no device that counts nothing', () => {
    const counters = { kicks: 1, requests: 2 };
    const devices = [
      { name: 'disk vda', pid: 5, kind: 'block', counters },
      { name: 'new', pid: null },
    ];

    const metrics = metricsOf({ ...STATUS, vcpus: [{ index: 0, exits: NO_EXITS }], devices });

    expect(metrics).toEqual({
      uptimeMs: 7,
      vcpus: [{ index: 0, exits: NO_EXITS }],
      devices: [{ name: 'disk vda', kind: 'block', counts: counters }],
    });
  });

  it('is empty before there is a machine', () => {
    expect(metricsOf(STATUS)).toEqual({ uptimeMs: 7, vcpus: [], devices: [] });
  });
});

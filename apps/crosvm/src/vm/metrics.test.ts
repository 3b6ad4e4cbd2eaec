import { DeviceCounters } from '@crosvm/devices';

import { NO_EXITS } from '../metrics/testing';
import type { HostedDevice } from './device-plan';
import { MetricsReader } from './metrics';
import { VcpuCounters, VcpuExit } from './vcpu-counters';

function device(name: string, plan: HostedDevice['plan']): HostedDevice {
  const counters = DeviceCounters.unread();
  return { name, plan, fds: [], counters, handedOver: () => undefined, hangUp: () => undefined };
}

it('reads what vCPUs and devices counted, by name', () => {
  const exits = VcpuCounters.create(2);
  const disk = device('disk vda', {
    kind: 'virtio',
    backEnd: { device: 'block', config: {} },
    queues: 1,
  });
  const port = device('serial 1', { kind: 'serial', output: true, input: false });
  const reader = new MetricsReader({ cpus: 2, exits, devices: [disk, port] });

  new VcpuCounters(exits, 1).count(VcpuExit.MmioWrite);
  disk.counters.answered(3);
  disk.counters.toGuest(4096);
  port.counters.kicked();

  const none = DeviceCounters.unread().read();
  expect(reader.read()).toMatchObject({
    vcpus: [
      { index: 0, exits: NO_EXITS },
      { index: 1, exits: { ...NO_EXITS, mmioWrites: 1 } },
    ],
    devices: [
      { name: 'disk vda', kind: 'block', counts: { ...none, requests: 3, toGuestBytes: 4096 } },
      { name: 'serial 1', kind: 'serial', counts: { ...none, kicks: 1 } },
    ],
  });
});

import { type Handlers, RefusedError, type Result } from '@crosvm/vm-control';

import type { LiveDevices } from '../vm/live-devices';
import type { ControlledVm } from './controlled-vm';
import type { VmSlot } from './vm-slot';

const MIB = 1024 ** 2;

/** Devices and vCPUs with what they have done. */
function counted(vm: ControlledVm | undefined): Pick<Result<'status'>, 'devices' | 'vcpus'> {
  const metrics = vm?.metrics?.read();
  const devices = (vm?.devices ?? []).map((device) => {
    const found = metrics?.devices.find(({ name }) => name === device.name);
    return { ...device, ...(found && { kind: found.kind, counters: { ...found.counts } }) };
  });
  const vcpus = metrics?.vcpus.map(({ index, exits }) => ({ index, exits: { ...exits } }));
  return { devices, ...(vcpus && { vcpus }) };
}

/** What serves the methods of the protocol. */
export function controlHandlers(subject: VmSlot): Handlers {
  const theVm = (): ControlledVm => {
    if (subject.vm === undefined) {
      throw new RefusedError('the VM is not there yet', { hint: 'try again' });
    }
    return subject.vm;
  };
  const liveDevices = (): LiveDevices => {
    const { live } = theVm();
    if (live === undefined) {
      throw new RefusedError('the VM has no devices yet', { hint: 'try again' });
    }
    return live;
  };
  return {
    status: () => {
      const { config, vm, restarts } = subject;
      return {
        pid: process.pid,
        state: vm?.state ?? 'starting',
        uptimeMs: Math.round(vm?.uptimeMs ?? 0),
        restarts,
        cpus: config.cpus,
        memory: config.memory * MIB,
        kernel: config.kernel,
        sandbox: config.sandbox,
        ...counted(vm),
      };
    },
    balloon: ({ bytes }) => liveDevices().setBalloon(bytes),
    balloonStats: async () => ({ statistics: null, ...(await liveDevices().balloonInfo()) }),
    resizeDisk: ({ index, bytes, shrink = false }) =>
      liveDevices().resizeDisk(index, { bytes, shrink }),
    powerButton: () => {
      theVm().pressPowerButton();
      return {};
    },
    suspend: async () => {
      await theVm().suspend();
      return {};
    },
    resume: async () => {
      await theVm().resume();
      return {};
    },
    stop: () => {
      subject.stop();
      return {};
    },
  };
}

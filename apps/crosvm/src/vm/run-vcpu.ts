import {
  attachFrontEnds,
  createFrontEnds,
  FRONT_ENDS,
  hostServices,
  MmioBus,
  PortBus,
} from '@crosvm/devices';
import { type Vcpu, Vm } from '@crosvm/kvm';
import {
  blockSignals,
  consumeSignal,
  gettid,
  RateLimited,
  setAffinity,
  SignalSet,
  sinkLogger,
} from '@crosvm/sys-util';
import { configureVcpu } from '@crosvm/x86-64';

import { KvmPciHost } from './kvm-pci-host';
import { SharedRunState } from './run-state';
import { VcpuLoop } from './vcpu-loop';
import type { VcpuMessage, VcpuPlan } from './vcpu-plan';
import { KICK_SIGNAL } from './vcpu-signal';
import type { VmEnd } from './vm-end';

function createVcpu(plan: VcpuPlan, post: (message: VcpuMessage) => void): Vcpu {
  const vcpu = Vm.fromRaw(plan.vmFd, plan.vcpuMmapSize).createVcpu(plan.index);
  configureVcpu(vcpu, {
    index: plan.index,
    cpuid: plan.cpuid,
    boot: plan.boot,
    onSkippedMsr: (name) =>
      post({ kind: 'log', level: 'debug', message: `KVM refuses MSR ${name}: left as it is` }),
  });
  return vcpu;
}

/** Logs what the guest does wrong, some of it. */
function guestErrors(post: (message: VcpuMessage) => void): (message: string) => void {
  const write = ({ message }: { readonly message: string }): void =>
    post({ kind: 'log', level: 'warn', message });
  const mistakes = new RateLimited(sinkLogger({ write }));
  return (message) => {
    if (mistakes.allows()) {
      mistakes.warn(message);
    }
  };
}

/**
 * Makes the vCPU of a plan on this thread, says that it is ready, and runs it. Returns why the VM
 * ended, or undefined if the vCPU was told to stop.
 * @throws SysError, TypeError and others if it cannot be made or run
 */
export function runVcpu(plan: VcpuPlan, post: (message: VcpuMessage) => void): VmEnd | undefined {
  const kick = new SignalSet([KICK_SIGNAL]);
  blockSignals(kick);
  if (plan.affinity !== undefined) {
    setAffinity(plan.affinity);
  }
  using vcpu = createVcpu(plan, post);
  vcpu.setSignalMask(new SignalSet());

  const runState = new SharedRunState(plan.runState);
  const ports = new PortBus();
  const mmio = new MmioBus();
  const loop = new VcpuLoop({
    index: plan.index,
    vcpu,
    ports,
    mmio,
    runState,
    consumeKick: () => consumeSignal(kick),
  });
  const power = {
    reset: () => loop.endWith({ kind: 'reset' }),
    powerOff: () => loop.endWith({ kind: 'poweroff' }),
  };
  const host = hostServices(power, {
    pci: new KvmPciHost(Vm.fromRaw(plan.vmFd, plan.vcpuMmapSize), plan.msiRoutes),
    onGuestError: guestErrors(post),
  });
  attachFrontEnds(createFrontEnds(plan.frontEnds, FRONT_ENDS, host), { ports, mmio });

  runState.setThread(plan.index, gettid());
  post({ kind: 'ready' });
  try {
    return loop.run();
  } finally {
    runState.setThread(plan.index, 0);
  }
}

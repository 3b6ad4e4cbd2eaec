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

import { resumeClock } from './guest-clock';
import { KvmPciHost } from './kvm-pci-host';
import { postConfigAddress } from './posted-writes';
import { SharedRunState } from './run-state';
import { VcpuCounters } from './vcpu-counters';
import { VcpuLoop } from './vcpu-loop';
import type { VcpuMessage, VcpuPlan, VcpuStart } from './vcpu-plan';
import { KICK_SIGNAL } from './vcpu-signal';
import type { VmEnd } from './vm-end';

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
 * A vCPU and the front ends of all devices, on the thread that this is made on: made while the
 * supervisor still loads the guest.
 */
export class VcpuThread implements Disposable {
  readonly #plan: VcpuPlan;
  readonly #post: (message: VcpuMessage) => void;
  readonly #kick = new SignalSet([KICK_SIGNAL]);
  readonly #runState: SharedRunState;
  readonly #vcpu: Vcpu;
  readonly #loop: VcpuLoop;

  /** @throws SysError and others if it cannot be made */
  constructor(plan: VcpuPlan, post: (message: VcpuMessage) => void) {
    this.#plan = plan;
    this.#post = post;
    this.#runState = new SharedRunState(plan.runState);
    blockSignals(this.#kick);
    if (plan.affinity !== undefined) {
      setAffinity(plan.affinity);
    }
    const vm = Vm.fromRaw(plan.vmFd, plan.vcpuMmapSize);
    this.#vcpu = vm.createVcpu(plan.index);
    this.#vcpu.setSignalMask(new SignalSet());
    this.#loop = this.#makeLoop(vm);
    if (plan.index === 0) {
      // Here, because KVM takes a millisecond for it, and the supervisor's thread has more to do.
      postConfigAddress(vm);
    }
  }

  /**
   * Says that the vCPU is ready, and runs it. Returns why the VM ended, or undefined if the vCPU was
   * told to stop.
   * @throws SysError, TypeError and others if it cannot be run
   */
  run({ cpuid, boot }: VcpuStart): VmEnd | undefined {
    const { index } = this.#plan;
    configureVcpu(this.#vcpu, {
      index,
      cpuid,
      boot,
      onSkippedMsr: (name) =>
        this.#post({
          kind: 'log',
          level: 'debug',
          message: `KVM refuses MSR ${name}: left as it is`,
        }),
    });
    this.#runState.setThread(index, gettid());
    this.#post({ kind: 'ready' });
    try {
      return this.#loop.run();
    } finally {
      this.#runState.setThread(index, 0);
    }
  }

  [Symbol.dispose](): void {
    this.#vcpu.close();
  }

  #panicked(loop: VcpuLoop): void {
    if (this.#plan.holdPanic) {
      // At once: the guest must not get to its reset.
      this.#runState.pause();
      this.#post({ kind: 'panicked' });
    } else {
      loop.endWith({ kind: 'panic' });
    }
  }

  #makeLoop(vm: Vm): VcpuLoop {
    const { index, frontEnds, msiRoutes, postedWrites, counters } = this.#plan;
    const ports = new PortBus();
    const mmio = new MmioBus();
    const consumeKick = (): void => void consumeSignal(this.#kick);
    const vcpu = this.#vcpu;
    const runState = this.#runState;
    const onResume = (stoppedTsc: bigint): void => resumeClock(vcpu, stoppedTsc);
    const exits = new VcpuCounters(counters, index);
    const services = { postedWrites, runState, consumeKick, onResume, exits };
    const loop = new VcpuLoop({ index, vcpu, ports, mmio, ...services });
    const power = {
      reset: () => loop.endWith({ kind: 'reset' }),
      powerOff: () => loop.endWith({ kind: 'poweroff' }),
      panicked: () => this.#panicked(loop),
    };
    const host = hostServices(power, {
      pci: new KvmPciHost(vm, msiRoutes),
      onGuestError: guestErrors(this.#post),
    });
    attachFrontEnds(createFrontEnds(frontEnds, FRONT_ENDS, host), { ports, mmio });
    return loop;
  }
}

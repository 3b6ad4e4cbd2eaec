import type { Vcpu, Vm } from '@crosvm/kvm';
import { KVM_CLOCK_HOST_TSC, kvm_clock_data } from '@crosvm/kvm-sys';
import { SysError } from '@crosvm/sys-util';

/** What a KVM says that does not have what is asked for, or a guest that does not use it. */
const WITHOUT = ['EINVAL', 'ENXIO', 'ENOTTY', 'EPERM'];

function ifSupported(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SysError && WITHOUT.includes(error.code))) {
      throw error;
    }
  }
}

/**
 * The clocks of a guest, which stand still while its VM is suspended: kvm-clock, which KVM can set, and
 * the TSC, whose offset each vCPU changes by itself. The guest's monotonic clock is one of them.
 * Source: Documentation/virt/kvm/devices/vcpu.rst, KVM_VCPU_TSC_OFFSET.
 */
export class GuestClock {
  readonly #vm: Vm;
  #stopped: ReturnType<Vm['getClock']> | undefined;

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  /** Stops them. No vCPU may run. */
  stop(): void {
    this.#stopped = this.#vm.getClock();
  }

  /** Lets them go on where they were, and says how many ticks the TSC went on: for `resumeClock`. */
  start(): bigint {
    const before = this.#stopped;
    if (before === undefined) {
      return 0n;
    }
    this.#stopped = undefined;
    const now = this.#vm.getClock();
    this.#vm.setClock(kvm_clock_data.from({ clock: before.clock }));
    return (before.flags & now.flags & KVM_CLOCK_HOST_TSC) === 0
      ? 0n
      : BigInt.asUintN(64, now.host_tsc - before.host_tsc);
  }
}

/**
 * For each vCPU on its own thread, before it runs on: the TSC goes on where it was, and the guest's watchdogs
 * are told of the pause.
 */
export function resumeClock(vcpu: Vcpu, stoppedTsc: bigint): void {
  if (stoppedTsc !== 0n) {
    ifSupported(() => {
      vcpu.tscOffset = BigInt.asUintN(64, vcpu.tscOffset - stoppedTsc);
    });
  }
  ifSupported(() => vcpu.kvmclockControl());
}

import type { GuestAddress } from '@crosvm/data-model';
import { KVM_EXIT_IO } from '@crosvm/kvm-sys';
import { GuestMemory } from '@crosvm/sys-util';

import { Kvm } from '../kvm';
import type { Vcpu } from '../vcpu';
import type { Vm } from '../vm';
import { startLongMode, startRealMode } from './cpu-mode';

/** Where the code of a test guest is, and where it starts. */
export const TEST_CODE_ADDRESS: GuestAddress = 0x1000;
/** The stack of a test guest grows down from here. */
const STACK = 0xf000n;
const DEFAULT_MEMORY = 0x20_0000;

/** What to make a test guest of. */
export interface TestGuestOptions {
  /** Machine code; at most 4096 bytes in 64-bit mode. */
  readonly code: Uint8Array;
  /** How the vCPU starts; default `real`. */
  readonly mode?: 'real' | 'long';
  /** Bytes of memory from address 0; default 2 MiB. */
  readonly memorySize?: number;
  /** Called before the vCPU is made, for what must come first: `vm.createIrqchip()`. */
  readonly prepare?: (vm: Vm) => void;
}

/** A VM with one vCPU, memory from address 0 as slot 0, and a few instructions to run. */
export class TestGuest implements Disposable {
  private constructor(
    readonly kvm: Kvm,
    readonly vm: Vm,
    readonly vcpu: Vcpu,
    readonly memory: GuestMemory,
  ) {}

  /** @throws KvmUnavailableError */
  static create(options: TestGuestOptions): TestGuest {
    const { code, mode = 'real', memorySize = DEFAULT_MEMORY, prepare } = options;
    const kvm = Kvm.open();
    const vm = kvm.createVm();
    const memory = GuestMemory.create([{ at: 0, size: memorySize }]);
    memory.regions.forEach((region, slot) => vm.setUserMemoryRegion(slot, region));
    memory.write(TEST_CODE_ADDRESS, code);
    prepare?.(vm);
    const vcpu = vm.createVcpu(0);
    if (mode === 'real') {
      startRealMode(vcpu, TEST_CODE_ADDRESS);
    } else {
      startLongMode(vcpu, memory, TEST_CODE_ADDRESS);
    }
    const regs = vcpu.getRegs();
    regs.rsp = STACK;
    vcpu.setRegs(regs);
    return new TestGuest(kvm, vm, vcpu, memory);
  }

  /** The bytes of the port access or memory write that the vCPU stopped for. */
  get data(): Uint8Array {
    const { exit, runBytes } = this.vcpu;
    const [at, length] =
      exit.reason === KVM_EXIT_IO
        ? [exit.ioDataOffset, exit.ioSize * exit.ioCount]
        : [exit.mmioDataOffset, exit.mmioLength];
    return runBytes.subarray(at, at + length);
  }

  [Symbol.dispose](): void {
    this.vcpu.close();
    this.vm.close();
    this.kvm.close();
    this.memory.fd.close();
  }
}

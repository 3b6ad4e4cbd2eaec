import { SharedMutex } from '@crosvm/data-model';
import type { AccessWidth, PortBus } from '@crosvm/devices';
import type { Vcpu, Vm } from '@crosvm/kvm';
import { KVM_CAP_COALESCED_PIO } from '@crosvm/kvm-sys';
import { PCI_CONFIG_PORT } from '@crosvm/x86-64';

/** Bytes of CONFIG_ADDRESS. */
const CONFIG_ADDRESS_BYTES = 4;

/**
 * Lets KVM collect writes to the PCI address register: each is the first half of an access whose second
 * half exits, so that an access is one exit and not two. To be called once a VM, before it runs.
 *
 * The reset register is in the middle of these ports, and a write to it is seen at the next exit only:
 * which is why it is not the one that ACPI tells of.
 */
export function postConfigAddress(vm: Vm): void {
  if (vm.checkExtension(KVM_CAP_COALESCED_PIO) !== 0) {
    vm.coalesceWrites({ port: PCI_CONFIG_PORT }, CONFIG_ADDRESS_BYTES);
  }
}

/** The lock of whoever reads what KVM collected, for all vCPU threads of a VM. */
export function createPostedWritesLock(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/**
 * The port writes that KVM collected, of all vCPUs together, for one vCPU's thread: to be delivered
 * after each exit and before it is served. Then what a guest did one after another is done so, even if
 * its vCPUs took turns: a write that this thread does not find has been delivered by another one.
 */
export class PostedWrites {
  readonly #vcpu: Vcpu;
  readonly #ports: PortBus;
  readonly #mutex: SharedMutex;

  /** @param lock what `createPostedWritesLock` made */
  constructor(vcpu: Vcpu, ports: PortBus, lock: SharedArrayBuffer) {
    this.#vcpu = vcpu;
    this.#ports = ports;
    this.#mutex = new SharedMutex(new Int32Array(lock), 0);
  }

  /** Delivers all of them. */
  deliver(): void {
    if (!this.#vcpu.coalescedWrites.isEmpty) {
      this.#mutex.lock();
      try {
        this.#deliverAll();
      } finally {
        this.#mutex.unlock();
      }
    }
  }

  #deliverAll(): void {
    const { coalescedWrites: writes, runView } = this.#vcpu;
    while (!writes.isEmpty) {
      this.#ports.write(writes.address, writes.length as AccessWidth, runView, writes.dataOffset);
      writes.take();
    }
  }
}

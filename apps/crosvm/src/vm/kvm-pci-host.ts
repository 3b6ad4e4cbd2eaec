import { type GuestAddress, SharedMutex } from '@crosvm/data-model';
import type { InterruptWirePlan, IntxPlan, MsiMessage, PciHost } from '@crosvm/devices';
import type { GsiRoute, Vm } from '@crosvm/kvm';
import { KVM_IRQCHIP_IOAPIC, KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE } from '@crosvm/kvm-sys';
import { Errno, SysError } from '@crosvm/sys-util';
import { IO_APIC_PINS, ISA_IRQS } from '@crosvm/x86-64';

/** The first GSI that is no pin of an interrupt controller: messages have this one and those behind it. */
export const FIRST_MSI_GSI = IO_APIC_PINS;

/** Lines of one PIC. */
const PIC_LINES = 8;

/* An entry of the table: the message of a GSI, and what KVM knows of it. */
const ENTRY_WORDS = 4;
const LOW = 0;
const HIGH = 1;
const DATA = 2;
const STATE = 3;
/** It has a route. */
const ROUTED = 1;
/** It has an irqfd, too. */
const ATTACHED = 2;

/** The routes that KVM makes with its interrupt controllers, and forgets when it is given others. */
const PIN_ROUTES: readonly GsiRoute[] = Array.from({ length: IO_APIC_PINS }, (_, gsi) => {
  const apic = { gsi, irqchip: KVM_IRQCHIP_IOAPIC, pin: gsi };
  const irqchip = gsi < PIC_LINES ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE;
  return gsi < ISA_IRQS ? [{ gsi, irqchip, pin: gsi % PIC_LINES }, apic] : [apic];
}).flat();

/**
 * Memory for the routes of `count` message-signalled interrupts, from FIRST_MSI_GSI on. All vCPU threads
 * share it, because KVM takes all routes at once. Word 0 is a lock.
 */
export function createMsiRoutes(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (1 + count * ENTRY_WORDS));
}

/** Does something that may have an error of one kind, which is to be expected. */
function unless(errno: number, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SysError && error.errno === errno)) {
      throw error;
    }
  }
}

/** What PCI devices make KVM do, on one vCPU thread. */
export class KvmPciHost implements PciHost {
  readonly #vm: Vm;
  readonly #words: Int32Array;
  readonly #mutex: SharedMutex;

  /** @param routes what `createMsiRoutes` made */
  constructor(vm: Vm, routes: SharedArrayBuffer) {
    this.#vm = vm;
    this.#words = new Int32Array(routes);
    this.#mutex = new SharedMutex(this.#words, 0);
  }

  addNotify(fd: number, mmio: GuestAddress): void {
    // No room for more: then the write exits.
    unless(Errno.ENOSPC, () =>
      this.#vm.registerIoevent({ fd: { raw: fd }, at: { mmio }, length: 0 }),
    );
  }

  removeNotify(fd: number, mmio: GuestAddress): void {
    // There was no room for it.
    unless(Errno.ENOENT, () =>
      this.#vm.unregisterIoevent({ fd: { raw: fd }, at: { mmio }, length: 0 }),
    );
  }

  connectMsi({ fd, gsi }: InterruptWirePlan, message: MsiMessage): void {
    this.#locked(() => {
      const at = this.#entry(gsi);
      const state = this.#words[at + STATE] ?? 0;
      if (this.#setMessage(at, message) || state === 0) {
        this.#words[at + STATE] = ROUTED | state;
        this.#vm.setGsiRouting([...PIN_ROUTES, ...this.#messages()]);
      }
      if ((state & ATTACHED) === 0) {
        this.#vm.registerIrqfd({ raw: fd }, gsi);
        this.#words[at + STATE] = ROUTED | ATTACHED;
      }
    });
  }

  connectIntx({ fd }: InterruptWirePlan, { gsi, resampleFd }: IntxPlan): void {
    this.#vm.registerIrqfd({ raw: fd }, gsi, { raw: resampleFd });
  }

  disconnect({ fd, gsi }: InterruptWirePlan, connected: number): void {
    this.#locked(() => {
      this.#vm.unregisterIrqfd({ raw: fd }, connected);
      if (connected === gsi) {
        // The route stays, as drivers mask a vector and unmask it: nothing signals it meanwhile.
        this.#words[this.#entry(gsi) + STATE] = ROUTED;
      }
    });
  }

  #locked(action: () => void): void {
    this.#mutex.lock();
    try {
      action();
    } finally {
      this.#mutex.unlock();
    }
  }

  #entry(gsi: number): number {
    return 1 + (gsi - FIRST_MSI_GSI) * ENTRY_WORDS;
  }

  /** Returns whether it is another one. */
  #setMessage(at: number, { addressLow, addressHigh, data }: MsiMessage): boolean {
    const words = [addressLow | 0, addressHigh | 0, data | 0];
    const isSame = words.every((word, index) => this.#words[at + index] === word);
    words.forEach((word, index) => (this.#words[at + index] = word));
    return !isSame;
  }

  #messages(): GsiRoute[] {
    const routes: GsiRoute[] = [];
    for (let at = 1; at < this.#words.length; at += ENTRY_WORDS) {
      if (this.#words[at + STATE] !== 0) {
        const [addressLow, addressHigh, data] = [LOW, HIGH, DATA].map(
          (word) => (this.#words[at + word] ?? 0) >>> 0,
        ) as [number, number, number];
        const gsi = FIRST_MSI_GSI + (at - 1) / ENTRY_WORDS;
        routes.push({ gsi, msi: { addressLow, addressHigh, data } });
      }
    }
    return routes;
  }
}

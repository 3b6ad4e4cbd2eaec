import type { GuestAddress } from '@crosvm/data-model';

import type { InterruptWirePlan, IntxPlan, MsiMessage, PciHost } from '../pci/pci-host';

/** What a wire is connected to. */
export type Connection = { readonly msi: MsiMessage } | { readonly pin: IntxPlan };

/**
 * KVM as PCI devices see it: irqfds with routes, and ioeventfds. It insists on what `PciHost` says of
 * its caller, as KVM does.
 */
export class FakePciHost implements PciHost {
  /** Eventfds by the address at which a write signals them. */
  readonly notifies = new Map<GuestAddress, number>();
  /** Connections by the wire's eventfd. */
  readonly connections = new Map<number, Connection>();
  /** The data of messages that were sent, and 'pin' for each assertion of a pin. */
  readonly sent: (number | 'pin')[] = [];
  /** Calls, for those who count. */
  calls = 0;
  /** Eventfds with signals that nobody took. */
  readonly #waiting = new Set<number>();

  addNotify(fd: number, at: GuestAddress): void {
    this.calls += 1;
    if (this.notifies.has(at)) {
      throw new Error(`EEXIST: a notification at 0x${at.toString(16)}`);
    }
    this.notifies.set(at, fd);
  }

  removeNotify(fd: number, at: GuestAddress): void {
    this.calls += 1;
    if (this.notifies.get(at) !== fd) {
      throw new Error(`ENOENT: no notification ${fd} at 0x${at.toString(16)}`);
    }
    this.notifies.delete(at);
  }

  connectMsi({ fd }: InterruptWirePlan, msi: MsiMessage): void {
    this.calls += 1;
    const old = this.connections.get(fd);
    if (old !== undefined && 'pin' in old) {
      throw new Error(`EBUSY: wire ${fd} has a pin`);
    }
    this.#connect(fd, { msi });
  }

  connectIntx({ fd }: InterruptWirePlan, pin: IntxPlan): void {
    this.calls += 1;
    if (this.connections.has(fd)) {
      throw new Error(`EBUSY: wire ${fd} has an interrupt`);
    }
    this.#connect(fd, { pin });
  }

  disconnect({ fd, gsi }: InterruptWirePlan, connected: number): void {
    this.calls += 1;
    const old = this.connections.get(fd);
    const expected = old !== undefined && 'pin' in old ? old.pin.gsi : gsi;
    if (old === undefined || connected !== expected) {
      throw new Error(`ENOENT: wire ${fd} has no interrupt ${connected}`);
    }
    this.connections.delete(fd);
  }

  /** What a signal of eventfd `fd` does. */
  signal(fd: number): void {
    const connection = this.connections.get(fd);
    if (connection === undefined) {
      this.#waiting.add(fd);
    } else {
      this.sent.push('msi' in connection ? connection.msi.data : 'pin');
    }
  }

  isWaiting(fd: number): boolean {
    return this.#waiting.has(fd);
  }

  forget(fd: number): void {
    this.#waiting.delete(fd);
  }

  #connect(fd: number, connection: Connection): void {
    this.connections.set(fd, connection);
    if (this.#waiting.delete(fd)) {
      this.signal(fd);
    }
  }
}

import type { GuestAddress } from '@crosvm/data-model';

/** A message-signalled interrupt. */
export interface MsiMessage {
  /** Low 32 bits of the address. */
  readonly addressLow: number;
  /** High 32 bits of the address. */
  readonly addressHigh: number;
  readonly data: number;
}

/** One source of interrupts of a device: an eventfd that its back end signals. Plain data. */
export interface InterruptWirePlan {
  /** The eventfd. */
  readonly fd: number;
  /** The GSI that this wire has to itself, for its message. */
  readonly gsi: number;
}

/** A device's interrupt pin. Plain data. */
export interface IntxPlan {
  /** The GSI of the pin, level-triggered, which devices share. */
  readonly gsi: number;
  /**
   * The eventfd by which KVM says that the guest has acknowledged the interrupt. Whoever reads it, the
   * back end as a rule, signals the wire again if the ISR status still has bits.
   */
  readonly resampleFd: number;
}

/**
 * What PCI devices make the VMM do with KVM. Called on the thread of a vCPU, under locks, before the
 * guest goes on; each takes effect before it returns. The caller keeps account: nothing is connected
 * or added twice, nothing is undone that was not done, and a machine ends without undoing.
 *
 * What a guest can bring about is no exception here: where KVM has no room for one more address
 * (ENOSPC), `addNotify` does nothing, because then the write exits and the front end kicks itself.
 */
export interface PciHost {
  /** Lets a write of any length and value to `at` signal eventfd `fd` instead of an exit. */
  addNotify(fd: number, at: GuestAddress): void;
  /** Undoes `addNotify`. */
  removeNotify(fd: number, at: GuestAddress): void;
  /**
   * Lets each signal of a wire send `message`: a route of its GSI, an irqfd. What was signalled
   * before is sent at once (KVM does so when an irqfd is registered on an eventfd that is readable).
   * A wire that is connected to a message already gets another one.
   */
  connectMsi(wire: InterruptWirePlan, message: MsiMessage): void;
  /** Lets each signal of a wire assert a pin until the guest acknowledges: an irqfd that resamples. */
  connectIntx(wire: InterruptWirePlan, intx: IntxPlan): void;
  /**
   * Undoes both. When it returns, a signal interrupts nobody: it waits in the eventfd.
   * @param gsi of the wire or of the pin, whichever it was connected to
   */
  disconnect(wire: InterruptWirePlan, gsi: number): void;
}

/** A host for machines whose PCI devices need nothing of KVM. */
export const NO_PCI_HOST: PciHost = {
  addNotify: () => undefined,
  removeNotify: () => undefined,
  connectMsi: () => undefined,
  connectIntx: () => undefined,
  disconnect: () => undefined,
};

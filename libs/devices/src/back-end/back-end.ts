import type { Poller } from '@crosvm/sys-util';

import type { DeviceCommand } from './device-command';

/**
 * The half of a device that touches host resources. It has no thread of its own: it lives on the
 * poller of whoever runs it, a loop of its own in a device host or Node's in a worker, and several
 * of them can share one. It never waits for anything but the poller.
 */
export interface BackEnd extends Disposable {
  /**
   * Begins to serve the device. To be called once.
   * @throws SysError if one of its descriptors cannot be waited for
   */
  attach(poller: Poller): void;
  /**
   * The VM is suspended, and nothing that was registered with the poller is called until it goes on.
   * When this returns, nothing is in flight: no buffer of the guest is read or written.
   */
  suspend?(): void;
  /** The VM goes on. */
  resume?(): void;
  /**
   * The guest has ended: passes on what it left, and calls `done` then, maybe at once. The poller must
   * go on being served until then. How long that may take is the caller's business.
   */
  drain(done: () => void): void;
  /**
   * Does what the VMM asks for while the guest runs. `answer` is called once, now or later, with what
   * the command's answer is, or undefined if this is no command for such a device.
   */
  command?(command: DeviceCommand, answer: (answer: unknown) => void): void;
}

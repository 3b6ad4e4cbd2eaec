import { RtcTimer, type RtcTimerConfig } from '@crosvm/devices';
import { EventLoopPoller, type OwnedFd, type Poller } from '@crosvm/sys-util';

import { GuestLines } from './guest-lines';

/** What the VMM's process itself serves of the devices. */
export interface OwnBackEndsPlan {
  /** It acts on the registers, and needs nothing of the host. */
  readonly rtc: RtcTimerConfig;
  /** Where the lines come out that are written to serial ports and go to the log; taken over. */
  readonly logged: readonly { readonly port: number; readonly reader: OwnedFd }[];
}

/** What the main thread serves on its event loop while the guest runs. */
export class OwnBackEnds implements Disposable {
  readonly #rtc: RtcTimer;
  readonly #lines: readonly GuestLines[];
  readonly #poller: EventLoopPoller;

  /**
   * Begins to serve.
   * @param onGuestLine takes a line that the guest wrote to the serial port `port`
   * @throws SysError EMFILE
   */
  constructor(plan: OwnBackEndsPlan, onGuestLine: (port: number, line: string) => void) {
    this.#rtc = new RtcTimer(plan.rtc);
    this.#lines = plan.logged.map(
      ({ port, reader }) => new GuestLines(reader, (line) => onGuestLine(port, line)),
    );
    this.#poller = new EventLoopPoller();
    [this.#rtc, ...this.#lines].forEach((each) => each.attach(this.#poller));
  }

  /** For whatever else is served on this thread. */
  get poller(): Poller {
    return this.#poller;
  }

  /** Ends it. What the guest wrote is passed on before; whoever wrote it to us has ended. */
  [Symbol.dispose](): void {
    [this.#rtc, ...this.#lines, this.#poller].forEach((each) => each[Symbol.dispose]());
  }
}

import {
  EventFd,
  Mapping,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
} from '@crosvm/sys-util';

import type { BackEnd } from '../back-end/back-end';
import { eventInterrupt } from '../front-end/host-services';
import { SerialInput } from './input';
import { SerialOutput } from './output';
import { SERIAL_PAGE_SIZE, SerialPage } from './page';
import { DiscardSink, type SerialSink } from './sink';

/** A serial port, as its back end needs to know it. Descriptors stay the caller's. */
export interface SerialBackEndConfig {
  /** The memfd of the device page. */
  readonly pageFd: number;
  /** The eventfd by which the front end wakes this. */
  readonly kickFd: number;
  /** The irqfd of the port's interrupt. */
  readonly irqFd: number;
  /** Where output goes; discarded if left out. It is closed with the back end. */
  readonly sink?: SerialSink;
  /** What the guest gets as input. */
  readonly inputFd?: number;
  /** Told when the sink or the input fails: the guest does not notice. */
  readonly onProblem: (message: string) => void;
}

/** The back end of a serial port: moves bytes between its device page and the host. */
export class SerialBackEnd implements BackEnd {
  readonly #kick: EventFd;
  readonly #page: SerialPage;
  readonly #output: SerialOutput;
  readonly #input: SerialInput | undefined;
  #kicked: PollRegistration | undefined;

  /** @throws SysError EBADF, EMFILE, ENOMEM */
  constructor({ pageFd, kickFd, irqFd, sink, inputFd, onProblem }: SerialBackEndConfig) {
    const mapping = Mapping.ofFd(pageFd, { size: SERIAL_PAGE_SIZE });
    const page = new SerialPage(mapping.bytes);
    const irq = eventInterrupt(irqFd);
    const parts = { mapping, page, irq, onProblem };
    this.#kick = EventFd.adopt(kickFd);
    this.#page = page;
    this.#output = new SerialOutput({ ...parts, sink: sink ?? new DiscardSink() });
    this.#input = inputFd === undefined ? undefined : new SerialInput({ ...parts, fd: inputFd });
  }

  attach(poller: Poller): void {
    this.#kicked = poller.add(this.#kick.raw, POLL_READABLE, () => {
      this.#kick.read();
      this.#page.counters.kicked();
      this.#output.woken();
      this.#input?.woken();
    });
    this.#output.attach(poller);
    this.#input?.attach(poller);
  }

  drain(done: () => void): void {
    this.#output.drain(done);
  }

  /** Ends it. The page stays mapped, because views of it may still be about. */
  [Symbol.dispose](): void {
    this.#kicked?.remove();
    this.#output[Symbol.dispose]();
    this.#input?.[Symbol.dispose]();
  }
}

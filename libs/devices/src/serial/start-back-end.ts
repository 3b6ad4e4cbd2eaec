import type { Logger, OwnedFd, Poller } from '@crosvm/sys-util';

import type { BackEnd } from '../back-end/back-end';
import { SerialBackEnd } from './back-end';
import { FdSink } from './sink';

/** The descriptors of a serial port's back end: numbers, or with their owners. */
export interface SerialFds<Fd> {
  /** The memfd of its device page. */
  readonly page: Fd;
  /** The eventfd by which its front end wakes it. */
  readonly kick: Fd;
  /** The irqfd of its interrupt. */
  readonly irq: Fd;
  /** Where its output goes, best without waiting; left out, it is discarded. */
  readonly output?: Fd;
  /** What the guest gets as input. */
  readonly input?: Fd;
}

/** What a device host has for the serial ports that it runs. */
export interface SerialSurroundings {
  readonly poller: Poller;
  readonly logger: Logger;
}

/**
 * Makes the back end of a serial port, and serves it on the poller from now on. Its descriptors are taken
 * over.
 * @throws SysError EBADF, EMFILE, ENOMEM
 */
export function startSerialBackEnd(
  { page, kick, irq, output, input }: SerialFds<OwnedFd>,
  { poller, logger }: SerialSurroundings,
): BackEnd {
  // Not closed: they are the back end's as long as this process or thread lives.
  const backEnd = new SerialBackEnd({
    pageFd: page.raw,
    kickFd: kick.release(),
    irqFd: irq.release(),
    ...(output === undefined ? {} : { sink: new FdSink(output) }),
    ...(input === undefined ? {} : { inputFd: input.raw }),
    onProblem: (problem) => logger.warn(problem),
  });
  page.close();
  // It has a descriptor of its own.
  input?.close();
  backEnd.attach(poller);
  return backEnd;
}

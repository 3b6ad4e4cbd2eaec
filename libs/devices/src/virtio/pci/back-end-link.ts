import type { Doorbell, HostServices } from '../../front-end/front-end';
import type { BackEndRequest } from '../channel/messages';
import type { BackEndPort } from '../channel/port';
import { DevicePage, devicePageSize } from '../device-page';
import type { VirtioPciConfig } from './config';

/**
 * A thread's connection to a device's back end. It is made when it is needed first: most threads never
 * touch most devices.
 */
export class BackEndLink {
  readonly #config: VirtioPciConfig;
  readonly #host: HostServices;
  #page: DevicePage | undefined;
  #port: BackEndPort | undefined;
  /** By queue, as far as they were needed. */
  readonly #doorbells: (Doorbell | undefined)[] = [];

  constructor(config: VirtioPciConfig, host: HostServices) {
    this.#config = config;
    this.#host = host;
  }

  get page(): DevicePage {
    if (this.#page === undefined) {
      const { pageFd, queueMaxSizes } = this.#config;
      this.#page = new DevicePage(this.#host.mapPage(pageFd, devicePageSize(queueMaxSizes.length)));
    }
    return this.#page;
  }

  /** Asks the back end and waits. */
  ask(request: BackEndRequest): boolean {
    this.#port ??= this.#host.backEnd(this.#config.channelFd);
    return this.#port.ask(request);
  }

  /** The back end was found gone, which whoever watches it reports: no fault of the driver's. */
  get isGone(): boolean {
    return this.#port?.isGone === true;
  }

  /** Kicks queue `index`. */
  kick(index: number): void {
    const fd = this.#config.kickFds[index];
    if (fd !== undefined) {
      const doorbell = (this.#doorbells[index] ??= this.#host.doorbell(fd));
      doorbell.ring();
    }
  }
}

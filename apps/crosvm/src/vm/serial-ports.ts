import {
  openOutput,
  request,
  serial,
  SERIAL_PAGE_SIZE,
  serialCounters,
  type FrontEndRequest,
} from '@crosvm/devices';
import { createPipe, EventFd, OwnedFd, SharedMemory } from '@crosvm/sys-util';
import type { Vm } from '@crosvm/kvm';
import { SERIAL_IRQS, SERIAL_PORTS } from '@crosvm/x86-64';

import type { SerialConfig } from '../config';
import { type HostedDevice, packSerialFds } from './device-plan';
import type { SerialFiles } from './serial-files';

const STDOUT = 1;

/** Where the output of a port goes. */
interface Output {
  /** What its back end writes to. */
  readonly fd: OwnedFd;
  /** Where it comes out again if it goes to the log of this process. */
  readonly reader?: OwnedFd;
}

/** A serial port, without its back end. */
export interface SerialPort {
  readonly request: FrontEndRequest;
  /**
   * For its device host; undefined if it has no back end, because nothing is connected to it.
   * @param inputFd what it reads if it takes input
   */
  hosted(inputFd: number): HostedDevice | undefined;
  /** Where the lines come out that are written to it, if it goes to the log of this process. */
  readonly reader: OwnedFd | undefined;
}

/** What is needed to make a port. */
export interface SerialPortOptions {
  readonly vm: Vm;
  readonly config: SerialConfig;
  /** Stay the caller's. */
  readonly files: SerialFiles;
}

function openOutputOf({ type, num }: SerialConfig, files: SerialFiles): Output | undefined {
  switch (type) {
    case 'stdout':
      return { fd: openOutput(STDOUT) };
    case 'syslog': {
      const { reader, writer } = createPipe({ nonblock: true });
      return { fd: writer, reader };
    }
    case 'sink':
      return undefined;
    case 'file': {
      const fd = files.fdOf(num);
      return fd === undefined ? undefined : { fd: OwnedFd.duplicate(fd) };
    }
  }
}

/**
 * Makes a serial port of a VM, whose interrupt controllers exist.
 * @throws SysError EMFILE
 */
export function makeSerialPort({ vm, config, files }: SerialPortOptions): SerialPort {
  const index = config.num - 1;
  const base = SERIAL_PORTS[index] ?? 0;
  const irq = EventFd.create();
  vm.registerIrqfd(irq, SERIAL_IRQS[index] ?? 0);
  const output = openOutputOf(config, files);
  if (output === undefined && !config.stdin) {
    const hosted = (): undefined => undefined;
    return { request: request(serial, { base, irqFd: irq.raw }), hosted, reader: undefined };
  }
  const page = SharedMemory.create(`crosvm_com${config.num}`, SERIAL_PAGE_SIZE);
  const kick = EventFd.create();
  const counters = serialCounters(page.map().bytes);
  const connection = { pageFd: page.fd.raw, kickFd: kick.raw };
  return {
    request: request(serial, { base, irqFd: irq.raw, connection }),
    reader: output?.reader,
    hosted: (inputFd) => ({
      name: `serial ${config.num}`,
      plan: { kind: 'serial', output: output !== undefined, input: config.stdin },
      fds: packSerialFds({
        page: page.fd.raw,
        kick: kick.raw,
        irq: irq.raw,
        ...(output === undefined ? {} : { output: output.fd.raw }),
        ...(config.stdin ? { input: inputFd } : {}),
      }),
      counters,
      // So that the reader sees its end.
      handedOver: () => output?.fd.close(),
      hangUp: () => {
        // No vCPU waits for it.
      },
    }),
  };
}

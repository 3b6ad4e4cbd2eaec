import type { KernelKind } from '@crosvm/kernel-loader';
import type { Logger, MemoryRange } from '@crosvm/sys-util';
import { E820_RAM, e820Map } from '@crosvm/x86-64';

import type { RunConfig, SerialConfig } from '../config';
import type { LoadedGuest } from './load-guest';

/** What is said of a VM that has started. */
export interface StartFacts {
  readonly config: RunConfig;
  readonly guest: LoadedGuest;
  /** Guest memory. */
  readonly ranges: readonly MemoryRange[];
  readonly times: StartTimes;
}

const KERNELS: Readonly<Record<KernelKind, string>> = {
  vmlinux: 'ELF',
  'compressed-vmlinux': 'ELF with a compressed kernel',
  bzImage: 'bzImage',
};

/** How long the phases of a start take. */
export class StartTimes {
  readonly #phases: (readonly [name: string, end: number])[] = [];

  /** @param now milliseconds since the process started */
  constructor(private readonly now = (): number => performance.now()) {}

  /** A phase has ended, and the next one begins; the first one began with the process. */
  ended(phase: string): void {
    this.#phases.push([phase, this.now()]);
  }

  /** All phases, in order: `program 80.0 ms, machine 10.5 ms`. */
  toString(): string {
    return this.#phases
      .map(([name, end], index) => {
        const begin = this.#phases[index - 1]?.[1] ?? 0;
        return `${name} ${(end - begin).toFixed(1)} ms`;
      })
      .join(', ');
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;

function serialText({ type, num, path, console, stdin }: SerialConfig): string {
  const target = path === undefined ? type : `${type} '${path}'`;
  const roles = [...(console ? ['console'] : []), ...(stdin ? ['stdin'] : [])];
  return `COM${num} to ${[target, ...roles].join(', ')}`;
}

function memoryMapText(ranges: readonly MemoryRange[]): string {
  return e820Map(ranges)
    .map(({ addr, size, type }) => {
      const kind = type === E820_RAM ? 'usable' : 'reserved';
      return `${hex(addr)}-${hex(addr + size - 1)} ${kind}`;
    })
    .join(', ');
}

/** Logs what a VM that has started is made of, at the levels `info` and `debug`. */
export function logStart(log: Logger, { config, guest, ranges, times }: StartFacts): void {
  if (log.isEnabled('info')) {
    const { kind, entry } = guest.kernel;
    log.info(`kernel '${config.kernel}': ${KERNELS[kind]}, entry ${hex(entry)}`);
    log.info(`${config.memory} MiB of memory, ${config.cpus} vCPU${config.cpus === 1 ? '' : 's'}`);
    log.info(`serial ports: ${config.serial.map(serialText).join('; ') || 'none connected'}`);
  }
  if (log.isEnabled('debug')) {
    const { initrd } = guest;
    log.debug(`kernel command line: ${guest.commandLine}`);
    if (initrd !== undefined) {
      log.debug(`initrd: ${hex(initrd.at)}-${hex(initrd.at + initrd.size - 1)}`);
    }
    log.debug(`memory map (e820): ${memoryMapText(ranges)}`);
    log.debug(`start: ${times.toString()}`);
  }
}

import type { Command } from '../cli/command';
import type { OptionValues } from '../cli/option-values';
import { VM_OPTIONS } from '../cli/parse-run';
import type { RunConfig } from '../config';
import { customDeviceNames } from '../custom-device-names';
import { guestDiskName } from '../guest-disk-name';
import type { VmConfig } from './schema';
import { shownConfig } from './shown-config';

/** Something that runs while the VM does. */
interface Started {
  readonly name: string;
  readonly as: 'process' | 'jailed process' | 'thread';
}

/** The devices of which something runs, as messages name them. */
function devices({
  balloon,
  disks,
  network,
  cid,
  wayland,
  serial,
  customDevices = [],
}: RunConfig): readonly string[] {
  const cards = (network?.cards ?? []).map(({ source }) => {
    switch (source.kind) {
      case 'create':
        return `network card with the host at ${source.hostIp}`;
      case 'name':
        return `network card over ${source.name}`;
      case 'fd':
        return `network card over descriptor ${source.fd}`;
    }
  });
  return [
    'rng',
    ...(balloon === undefined ? [] : ['balloon']),
    ...disks.map((_, index) => `disk ${guestDiskName(index)}`),
    ...cards,
    ...(network?.passt === undefined ? [] : ['network card over passt']),
    ...(cid === undefined ? [] : ['vsock']),
    ...customDeviceNames(customDevices),
    ...(wayland?.kind === 'sockets' ? ['wayland'] : []),
    ...serial
      .filter(({ type, stdin }) => type !== 'sink' || stdin)
      .map(({ num }) => `serial ${num}`),
  ];
}

function started(config: RunConfig): readonly Started[] {
  const cpus = Array.from({ length: config.cpus }, (_, index) => index);
  const as = config.sandbox ? 'jailed process' : 'thread';
  return [
    { name: 'crosvm', as: 'process' },
    ...(config.network?.passt === undefined ? [] : [{ name: 'passt', as: 'process' } as const]),
    ...cpus.map((index): Started => ({ name: `vCPU ${index}`, as: 'thread' })),
    ...devices(config).map((name): Started => ({ name, as })),
  ];
}

/** What is not said, and what is done then. */
function defaults({ config, logging }: Command & { kind: 'run' }): VmConfig {
  return {
    kernel: config.kernel,
    mem: config.memory,
    cpus: config.cpus,
    serial: config.serial.map((port) => ({ ...port })),
    logLevel: logging.level,
  };
}

/**
 * What `crosvm run --dry-run` prints: a configuration that says all that is said, and what would be
 * started.
 * @param values the options that say it
 */
export function renderDryRun(command: Command & { kind: 'run' }, values: OptionValues): string {
  const config = { ...defaults(command), ...shownConfig(values, VM_OPTIONS) };
  return `${JSON.stringify({ config, starts: started(command.config) }, null, 2)}\n`;
}

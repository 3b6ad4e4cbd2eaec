import type { RunConfig } from '../config';
import type * as VmConfig from '../vm-config';
import type * as DryRun from '../vm-config/dry-run';
import type { Command } from './command';
import type { OptionSpec } from './option-group';
import { OptionValues } from './option-values';
import { bootOptions } from './options/boot';
import { controlOptions } from './options/control';
import { deviceOptions } from './options/devices';
import { diskOptions } from './options/disks';
import { configOption, dryRunOption, helpOption } from './options/general';
import { loggingOptions } from './options/logging';
import { machineOptions } from './options/machine';
import { networkOptions } from './options/network';
import { sandboxOptions } from './options/sandbox';
import { serialOptions } from './options/serial';
import { waylandOptions } from './options/wayland';
import { type ParsedOptions, parseOptions } from './parse-options';
import { quote } from './quote';
import { type HelpPage, renderHelp } from './render-help';
import { UsageError } from './usage-error';

/** The options of `run`, in the order of its help text. */
const GROUPS = [
  machineOptions,
  bootOptions,
  diskOptions,
  networkOptions,
  waylandOptions,
  serialOptions,
  deviceOptions,
  sandboxOptions,
  controlOptions,
  loggingOptions,
];

/** Those that a configuration file can give, too. */
export const VM_OPTIONS: readonly OptionSpec[] = GROUPS.flatMap(({ options }) => options);

const OTHER_OPTIONS = [configOption, dryRunOption, helpOption];

/** All options of `run`. */
export const RUN_OPTIONS: readonly OptionSpec[] = [...VM_OPTIONS, ...OTHER_OPTIONS];

const USAGE = 'crosvm run [OPTIONS] KERNEL';

/** The help text of `run`. */
export const runHelp: HelpPage = {
  usage: USAGE,
  text:
    'Boots KERNEL, an ELF vmlinux or a bzImage, in a new virtual machine, and ends when the guest ' +
    'powers off or resets.',
  groups: [...GROUPS, { title: 'Other', options: OTHER_OPTIONS }],
  examples: [
    ['Boot a kernel with the console on this terminal', 'crosvm run vmlinux'],
    [
      '1 GiB of memory, four CPUs, an initial ramdisk',
      'crosvm run -m 1024 -c 4 -i initrd.img bzImage',
    ],
    ['What a file says, with more memory', 'crosvm run --config vm.json -m 2048'],
    ['Kernel arguments', 'crosvm run -p "quiet panic=-1" -p rdinit=/bin/sh -i initrd.img vmlinux'],
    ['A root file system that is only read', 'crosvm run -r rootfs.squashfs vmlinux'],
    [
      'A writable root, /dev/vda, and data that the guest sees as /dev/vdb',
      'crosvm run --rwroot root.img --disk data.img,id=data vmlinux',
    ],
    [
      'A network card, and the host at 10.0.2.1',
      'crosvm run --host_ip 10.0.2.1 --netmask 255.255.255.0 --mac 02:00:00:00:00:01 vmlinux',
    ],
    ['A virtio device of your own', 'crosvm run --device ./echo.ts,prefix=hello vmlinux'],
    [
      'Windows on the compositor of this session, for a guest that runs Sommelier',
      'crosvm run --wayland-sock "$XDG_RUNTIME_DIR/wayland-0" vmlinux',
    ],
    [
      'The console in a file, the second port on this terminal',
      'crosvm run --serial type=file,path=boot.log,console \\\n' +
        '      --serial type=stdout,num=2,stdin vmlinux',
    ],
    [
      'Virtual CPU 0 on host CPU 2, virtual CPU 1 on 3 or 4',
      'crosvm run -c 2 --cpu-affinity 0=2:1=3,4 vmlinux',
    ],
  ],
};

/** One slot of the bus is the host bridge's. */
const MAX_PCI_DEVICES = 31;

/**
 * Reads the arguments after `crosvm run`.
 * @throws UsageError if they cannot be understood
 */
export async function parseRun(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parseOptions(args, RUN_OPTIONS);
  if (values.has(helpOption.name)) {
    return { kind: 'print', text: await renderHelp(runHelp), stream: 'stdout', exitStatus: 0 };
  }
  const given = withConfigFile(values, positionals);
  const command = commandOf(given.values, given.positionals);
  if (values.has(dryRunOption.name)) {
    const { renderDryRun } = require('../vm-config/dry-run') as typeof DryRun;
    const text = renderDryRun(command, given.values);
    return { kind: 'print', text, stream: 'stdout', exitStatus: 0 };
  }
  return command;
}

/**
 * What the options and the kernel of a VM say, checked.
 * @throws UsageError
 */
export function commandOf(
  values: OptionValues,
  positionals: readonly string[],
): Command & { kind: 'run' } {
  return {
    kind: 'run',
    config: readConfig(values, positionals),
    logging: loggingOptions.read(values),
  };
}

/** What the command line says, on top of what the file says that it names. */
function withConfigFile(values: OptionValues, positionals: readonly string[]): ParsedOptions {
  const path = values.one(configOption.name);
  if (path === undefined) {
    return { values, positionals };
  }
  const { givenOptions, loadConfig, onTop } = require('../vm-config') as typeof VmConfig;
  const config = loadConfig(path);
  const all = onTop(givenOptions(config, VM_OPTIONS), values.given, RUN_OPTIONS);
  const { kernel } = config;
  return {
    values: new OptionValues(all),
    positionals: positionals.length === 0 && kernel !== undefined ? [kernel] : positionals,
  };
}

function readConfig(values: OptionValues, positionals: readonly string[]): RunConfig {
  const config = {
    ...machineOptions.read(values),
    ...bootOptions.read(values),
    ...diskOptions.read(values),
    ...networkOptions.read(values),
    ...waylandOptions.read(values),
    ...serialOptions.read(values),
    ...deviceOptions.read(values),
    ...sandboxOptions.read(values),
    ...controlOptions.read(values),
    kernel: readKernel(positionals),
  };
  checkBus(config);
  return config;
}

/** @throws UsageError if there are more devices than the bus has room for */
function checkBus({ disks, network, cid, balloon, wayland, customDevices = [] }: RunConfig): void {
  const display = wayland?.kind === 'sockets' ? wayland : undefined;
  // The entropy device is always there.
  const others = [network?.passt, cid, balloon, display, ...customDevices].filter(
    (device) => device !== undefined,
  ).length;
  const devices = 1 + disks.length + (network?.cards.length ?? 0) + others;
  if (devices > MAX_PCI_DEVICES) {
    throw new UsageError(
      `${devices} devices on the PCI bus, which has room for ${MAX_PCI_DEVICES}: disks, network cards, sockets, Wayland, those of your own, the balloon and the entropy device`,
      balloon === undefined ? {} : { hint: '--no-balloon makes room for one more' },
    );
  }
}

function readKernel([kernel, extra]: readonly string[]): string {
  if (kernel === undefined) {
    throw new UsageError('no kernel is given', { hint: `usage: ${USAGE}` });
  }
  if (kernel === '') {
    throw new UsageError('the path of the kernel is empty');
  }
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)} after the kernel`, {
      hint: 'kernel arguments go into quotes after -p: -p "quiet panic=-1"',
    });
  }
  return kernel;
}

import type { RunConfig } from '../../config';
import { parseCpuAffinity } from '../cpu-affinity';
import { parseInteger } from '../integer';
import type { OptionGroup } from '../option-group';
import type { OptionValues } from '../option-values';
import { UsageError } from '../usage-error';

/** MiB; as crosvm. */
export const DEFAULT_MEMORY = 256;

/** MiB: guest-physical addresses are kept within 46 bits, which every x86-64 processor has. */
const MAX_MEMORY = 2 ** 46 / 2 ** 20 - 1;

const DEFAULT_CPUS = 1;

/** xAPIC ids are 8 bits wide: 255 is the broadcast id, and the I/O APIC wants one of the others. */
const MAX_CPUS = 254;

type MachineConfig = Pick<RunConfig, 'memory' | 'cpus' | 'cpuAffinity' | 'balloon'>;

/** Memory and processors. */
export const machineOptions: OptionGroup<MachineConfig> = {
  title: 'Machine',
  options: [
    {
      name: 'mem',
      short: 'm',
      value: 'MIB',
      help: `Guest memory in MiB (default: ${DEFAULT_MEMORY})`,
    },
    {
      name: 'cpus',
      short: 'c',
      value: 'N',
      help: `Number of virtual CPUs, up to ${MAX_CPUS} (default: ${DEFAULT_CPUS})`,
    },
    {
      name: 'cpu-affinity',
      value: 'CPUS',
      help: 'Host CPUs to run on: 0,2-3 for every vCPU, or 0=0:1=2,3 for each vCPU by its index',
    },
    {
      name: 'balloon-page-reporting',
      help: 'Give memory that the guest frees back to the host, without being asked to',
    },
    { name: 'no-balloon', help: 'No balloon, by which the guest gives memory back' },
  ],
  read(values) {
    const cpus = parseInteger(values.one('cpus') ?? String(DEFAULT_CPUS), {
      name: '--cpus',
      least: 1,
      most: MAX_CPUS,
    });
    return {
      memory: readMemory(values),
      cpus,
      ...readAffinity(values, cpus),
      ...readBalloon(values),
    };
  },
};

function readMemory(values: OptionValues): number {
  return parseInteger(values.one('mem') ?? String(DEFAULT_MEMORY), {
    name: '--mem',
    least: 1,
    most: MAX_MEMORY,
    unit: 'MiB',
    hint: inMebibytes,
  });
}

const MEBIBYTES: Readonly<Record<string, number>> = { m: 1, g: 1024, t: 1024 * 1024 };

/** What to say instead of `4G`. */
function inMebibytes(value: string): string | undefined {
  const [, digits, letter] = /^(\d{1,9})([mgt])(?:i?b)?$/.exec(value.toLowerCase()) ?? [];
  const factor = letter === undefined ? undefined : MEBIBYTES[letter];
  return factor === undefined ? undefined : `say --mem ${Number(digits) * factor}`;
}

function readBalloon(values: OptionValues): Pick<RunConfig, 'balloon'> {
  const reporting = values.has('balloon-page-reporting');
  if (!values.has('no-balloon')) {
    return { balloon: { reporting } };
  }
  if (reporting) {
    throw new UsageError('--balloon-page-reporting needs a balloon, and --no-balloon is given', {
      hint: 'leave one of them away',
    });
  }
  return {};
}

function readAffinity(values: OptionValues, cpus: number): Pick<RunConfig, 'cpuAffinity'> {
  const text = values.one('cpu-affinity');
  if (text === undefined) {
    return {};
  }
  const cpuAffinity = parseCpuAffinity(text);
  const named = cpuAffinity.kind === 'each' ? [...cpuAffinity.cpus.keys()] : [];
  const missing = named.find((index) => index >= cpus);
  if (missing !== undefined) {
    throw new UsageError(
      `--cpu-affinity names vCPU ${missing}, but the vCPUs are 0 to ${cpus - 1}`,
      { hint: `give the VM more with --cpus ${missing + 1}` },
    );
  }
  return { cpuAffinity };
}

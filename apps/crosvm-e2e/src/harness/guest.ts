/** What a guest's kernel must be able to do for some tests. */
export type Ability =
  /** A driver for the CMOS clock. */
  | 'rtc'
  /** A driver that tells of panics, and a way to have one. */
  | 'pvpanic';

const ABILITIES: readonly Ability[] = ['rtc', 'pvpanic'];

/** A kernel, in one of the formats that crosvm boots. */
export interface GuestKernel {
  /** For the names of tests. */
  readonly name: string;
  readonly path: string;
}

/** What tests boot. */
export interface Guest {
  /** The first is the one for tests to which the format does not matter. */
  readonly kernels: readonly [GuestKernel, ...GuestKernel[]];
  /** The initramfs of `guests/initramfs`. */
  readonly initrd: string;
  /** The same with the modules of the kernel, where it has any. */
  readonly initrdWithModules: string;
  readonly abilities: ReadonlySet<Ability>;
  /** Most CPUs the kernel was built for. */
  readonly maxCpus: number;
  /** Most memory with which the kernel comes up, in MiB. */
  readonly maxMemory: number;
  /** Warnings in the kernel's log that are the host's doing. */
  readonly expectedWarnings: number;
}

/** NR_CPUS of Debian's amd64 kernels. */
const STOCK_MAX_CPUS = 8192;

/** 64 TiB. */
const STOCK_MAX_MEMORY = 64 * 1024 * 1024;

const guest = process.env.CROSVM_GUEST_KERNEL === undefined ? stockGuest() : givenGuest();

/** The guest of this run: that of `CROSVM_GUEST_KERNEL`, or Debian's stock kernel. */
export function theGuest(): Guest {
  return guest;
}

function stockGuest(): Guest {
  return {
    kernels: [
      { name: 'bzImage', path: variable('CROSVM_STOCK_BZIMAGE') },
      { name: 'vmlinux', path: variable('CROSVM_STOCK_VMLINUX') },
    ],
    initrd: variable('CROSVM_STOCK_INITRD'),
    initrdWithModules: variable('CROSVM_STOCK_INITRD_MODULES'),
    abilities: new Set(ABILITIES),
    maxCpus: STOCK_MAX_CPUS,
    maxMemory: STOCK_MAX_MEMORY,
    expectedWarnings: 0,
  };
}

/**
 * `CROSVM_GUEST_ABILITIES` says what the kernel can do: `tools/e2e` asks it. Nothing said is all promised.
 */
function givenGuest(): Guest {
  const words = (process.env.CROSVM_GUEST_ABILITIES ?? ABILITIES.join(' ')).split(' ');
  const number = (name: string, fallback: number): number =>
    Number(words.find((word) => word.startsWith(`${name}=`))?.split('=')[1] ?? fallback);
  const path = variable('CROSVM_GUEST_KERNEL');
  const initrd = process.env.CROSVM_GUEST_INITRD ?? variable('CROSVM_STOCK_INITRD');
  return {
    kernels: [{ name: path.replace(/^.*\//, ''), path }],
    initrd,
    initrdWithModules: initrd,
    abilities: new Set(ABILITIES.filter((ability) => words.includes(ability))),
    maxCpus: number('cpus', STOCK_MAX_CPUS),
    maxMemory: number('memory', STOCK_MAX_MEMORY),
    expectedWarnings: number('warnings', 0),
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the tests by tools/e2e`);
  }
  return value;
}

import { theGuest } from './guest';

/** Longest kernel command line that leaves room for the arguments that crosvm adds itself. */
const MAX_SCRIPT_CHARACTERS = 1400;

/** Arguments for `crosvm run` that are the same in all tests. */
export interface BootOptions {
  readonly cpus?: number;
  /** MiB. */
  readonly memory?: number;
  /** Kernel arguments. */
  readonly params?: readonly string[];
  /** Other options of `crosvm run`. */
  readonly options?: readonly string[];
  /** Modules that the guest is to load first, where its kernel has not what is in them. */
  readonly modules?: readonly string[];
  /** Path of the kernel, instead of the first of the guest's. */
  readonly kernel?: string;
}

/** The command line that boots the guest, without kernel messages, into the initramfs of the tests. */
export function bootArguments(options: BootOptions = {}): readonly string[] {
  const { cpus, memory, modules = [], params = [] } = options;
  const guest = theGuest();
  return [
    'run',
    ...(cpus === undefined ? [] : ['-c', String(cpus)]),
    ...(memory === undefined ? [] : ['-m', String(memory)]),
    ...['-i', modules.length > 0 ? guest.initrdWithModules : guest.initrd],
    // Messages of the kernel are output like any other, and cost time.
    ...(modules.length > 0 ? ['-p', `crosvm.modules=${modules.join(',')}`] : []),
    ...['quiet loglevel=0', ...params].flatMap((param) => ['-p', param]),
    ...(options.options ?? []),
    options.kernel ?? guest.kernels[0].path,
  ];
}

/**
 * `stty` waits until the UART has sent everything. A script leads its session, and when it ends the kernel
 * hangs up the terminal, which drops what is still to be sent.
 */
export const DRAIN = '\nstty echo\n';

/** The kernel argument by which the initramfs runs a shell script on the console. */
export function scriptParam(script: string): string {
  const encoded = Buffer.from(script + DRAIN).toString('base64');
  if (encoded.length > MAX_SCRIPT_CHARACTERS) {
    throw new Error(`the script is too long for the kernel command line: ${encoded.length}`);
  }
  return `crosvm.exec=${encoded}`;
}

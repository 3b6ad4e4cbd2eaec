import type { Timed } from './time-to-output';

/** A guest that crosvm and its peers boot alike. */
export interface BenchGuest {
  readonly kernel: string;
  readonly initrd?: string;
  readonly cmdline: string;
}

/** The defaults of `crosvm run`, which the peers are given too. */
const MEMORY_MIB = 256;
/*
 * Without the MSR of architectural capabilities: QEMU 7.2 ends on hosts whose KVM offers it and then
 * refuses its value, as PVM does.
 */
const CPU = 'host,-arch-capabilities';
const COMMON = [
  '-accel',
  'kvm',
  '-cpu',
  CPU,
  '-m',
  `${MEMORY_MIB}`,
  '-nodefaults',
  '-no-user-config',
];
const CONSOLE = ['-no-reboot', '-display', 'none', '-serial', 'stdio'];

function qemu(machine: readonly string[], { kernel, initrd, cmdline }: BenchGuest): Timed {
  const disk = initrd === undefined ? [] : ['-initrd', initrd];
  const boot = ['-kernel', kernel, ...disk, '-append', cmdline];
  return { command: 'qemu-system-x86_64', args: [...COMMON, ...machine, ...CONSOLE, ...boot] };
}

/** QEMU's machine without PCI and firmware devices, made for quick starts. */
export function qemuMicrovm(guest: BenchGuest): Timed {
  const machine = 'microvm,rtc=on,pit=on,pic=on,isa-serial=on,acpi=on';
  return qemu(['-M', machine], guest);
}

/** QEMU's PC of today, with nothing plugged in. */
export function qemuQ35(guest: BenchGuest): Timed {
  return qemu(['-M', 'q35'], guest);
}

/** crosvm as its users start it. */
export function crosvm(main: string, { kernel, initrd, cmdline }: BenchGuest): Timed {
  const disk = initrd === undefined ? [] : ['-i', initrd];
  const params = cmdline === '' ? [] : ['-p', cmdline];
  return { command: process.execPath, args: [main, 'run', ...disk, ...params, kernel] };
}

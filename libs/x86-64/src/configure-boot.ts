import {
  checkCommandLineLength,
  type LoadedInitrd,
  type LoadedKernel,
} from '@crosvm/kernel-loader';
import type { GuestMemory } from '@crosvm/sys-util';

import type { Aml } from './acpi/aml';
import { acpiPanicDevice, acpiRtc, acpiSerialPort } from './acpi/legacy-devices';
import { acpiPciRoot } from './acpi/pci-root';
import { writeAcpiTables } from './acpi/write-acpi-tables';
import { writeBootParams } from './boot-params';
import { writeGdt } from './gdt';
import { BOOT_PARAMS_ADDRESS, BOOT_STACK_TOP, COMMAND_LINE_ADDRESS } from './layout';
import { writeMpTable } from './mp-table';
import { writePageTables } from './page-tables';
import type { BootRegisters } from './vcpu/registers';

/** What a machine boots, and what it is made of. */
export interface BootOptions {
  readonly kernel: LoadedKernel;
  readonly initrd?: LoadedInitrd | undefined;
  /** The kernel's command line, without a NUL. */
  readonly commandLine: string;
  /** vCPUs: 1 to `MAX_VCPUS`. */
  readonly cpus: number;
  /** The serial ports that there are: 1 to 4 for COM1 to COM4. */
  readonly serialPorts: readonly number[];
  /**
   * There is PCI bus 0: configuration mechanism #1, BARs in the window at `PCI_MMIO_ADDRESS`, interrupt
   * pins as `pciInterruptGsi` says. Default: false.
   */
  readonly pci?: boolean;
  /** There is a device at `PVPANIC_PORT` by which the kernel tells of its panic. Default: false. */
  readonly panicDevice?: boolean;
  /** More devices that a kernel cannot find by itself, for the ACPI tables. */
  readonly acpiDevices?: readonly Aml[];
}

/**
 * Writes all that a kernel finds in memory when it starts: GDT, page tables, command line, boot
 * parameters, ACPI and MP tables. `memory` has the regions that `memoryRegions` gives.
 * @returns the registers that vCPU 0 starts with
 * @throws KernelError COMMAND_LINE_TOO_LONG
 * @throws RangeError for a number of vCPUs or of a serial port that there cannot be
 */
export function configureBoot(memory: GuestMemory, options: BootOptions): BootRegisters {
  const { kernel, initrd, commandLine, cpus, serialPorts } = options;
  const { pci = false, panicDevice = false, acpiDevices = [] } = options;
  const { setupHeader } = kernel;
  checkCommandLineLength(commandLine, setupHeader.cmdline_size);
  const bus = pci ? [acpiPciRoot()] : [];
  const devices = [...serialPorts.map(acpiSerialPort), acpiRtc(), ...bus, ...acpiDevices];
  if (panicDevice) {
    devices.push(acpiPanicDevice());
  }
  const rsdp = writeAcpiTables(memory, { cpus, devices });
  writeMpTable(memory, { cpus, pci });
  writeGdt(memory);
  memory.write(COMMAND_LINE_ADDRESS, Buffer.from(`${commandLine}\0`, 'latin1'));
  writeBootParams(memory, { setupHeader, initrd, rsdp });
  return {
    rip: kernel.entry,
    rsi: BOOT_PARAMS_ADDRESS,
    rsp: BOOT_STACK_TOP,
    cr3: writePageTables(memory),
  };
}

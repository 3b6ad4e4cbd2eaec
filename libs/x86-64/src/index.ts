export { type Aml, device, eisaId, integer, name, scope } from './acpi/aml';
export { boot_e820_entry, boot_params, E820_MAX_ENTRIES_ZEROPAGE } from './abi';
export { type BootOptions, configureBoot } from './configure-boot';
export { cpuidFor } from './cpuid/cpuid-for';
export { type CpuidOptions, filterCpuid } from './cpuid/filter-cpuid';
export { E820_RAM, E820_RESERVED, type E820Entry, e820Map } from './e820';
export {
  ACPI_ADDRESS,
  ACPI_SIZE,
  BIOS_AREA_ADDRESS,
  BOOT_PARAMS_ADDRESS,
  BOOT_STACK_TOP,
  COMMAND_LINE_ADDRESS,
  GDT_ADDRESS,
  HIGH_MEMORY_START,
  HOLE_END,
  HOLE_START,
  I8042_COMMAND_PORT,
  I8042_DATA_PORT,
  IDENTITY_MAP_ADDRESS,
  IO_APIC_ADDRESS,
  IO_APIC_ID,
  IO_APIC_PINS,
  ISA_CASCADE_IRQ,
  ISA_IRQS,
  LOCAL_APIC_ADDRESS,
  LOW_MEMORY_END,
  MAX_VCPUS,
  MP_TABLE_ADDRESS,
  MP_TABLE_SIZE,
  PAGE_TABLES_ADDRESS,
  PCI_CONFIG_PORT,
  PCI_CONFIG_PORTS,
  PCI_ECAM_ADDRESS,
  PCI_ECAM_SIZE,
  PCI_FIRST_GSI,
  PCI_GSIS,
  PCI_MMIO_ADDRESS,
  PCI_MMIO_SIZE,
  PCI_SLOTS,
  PM1A_CONTROL_LENGTH,
  PM1A_CONTROL_PORT,
  PM1A_EVENT_LENGTH,
  PM1A_EVENT_PORT,
  PVPANIC_PORT,
  RESET_PORT,
  RTC_CENTURY,
  RTC_IRQ,
  RTC_PORT,
  SCI_IRQ,
  SERIAL_IRQS,
  SERIAL_PORTS,
  SERIAL_PORT_LENGTH,
  SHARED_MEMORY_SIZE,
  SLEEP_TYPE_S5,
  TSS_ADDRESS,
} from './layout';
export {
  MAX_MEMORY_SIZE,
  memoryRegions,
  MIN_MEMORY_SIZE,
  sharedMemoryWindow,
} from './memory-regions';
export { pciInterruptGsi } from './pci-interrupts';
export { configureVcpu, type VcpuOptions } from './vcpu/configure-vcpu';
export type { BootRegisters } from './vcpu/registers';

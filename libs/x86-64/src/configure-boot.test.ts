import {
  bytesSource,
  KernelError,
  type LoadedInitrd,
  loadKernel,
  SETUP_HEADER_OFFSET,
} from '@crosvm/kernel-loader';
import { tinyBzImage, tinyElf } from '@crosvm/kernel-loader/testing';
import { GuestMemory } from '@crosvm/sys-util';

import { boot_params } from './abi';
import { type BootOptions, configureBoot } from './configure-boot';
import {
  ACPI_ADDRESS,
  BOOT_PARAMS_ADDRESS,
  COMMAND_LINE_ADDRESS,
  LOW_MEMORY_END,
  MAX_VCPUS,
  MP_TABLE_ADDRESS,
} from './layout';
import { memoryRegions } from './memory-regions';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const KERNEL = 16 * MiB;

function boot(options: Partial<BootOptions> = {}) {
  const memory = GuestMemory.create(memoryRegions(64 * MiB));
  const image = tinyElf({ segments: [{ at: KERNEL, bytes: Uint8Array.of(0xf4) }] });
  const kernel = loadKernel(memory, bytesSource(image));
  const registers = configureBoot(memory, {
    kernel,
    commandLine: 'console=ttyS0',
    cpus: 1,
    serialPorts: [1],
    ...options,
  });
  return { memory, registers, params: memory.view(boot_params, BOOT_PARAMS_ADDRESS) };
}

const text = (memory: GuestMemory, at: number, length: number): string =>
  Buffer.from(memory.read(at, length)).toString('latin1');

describe('configureBoot', () => {
  it('says where vCPU 0 starts', () => {
    const { registers } = boot();
    expect(registers).toEqual({
      rip: KERNEL,
      rsi: BOOT_PARAMS_ADDRESS,
      rsp: expect.any(Number) as number,
      cr3: 0x9000,
    });
  });

  it('tells of a PCI bus where there is one', () => {
    const tables = ({ memory }: ReturnType<typeof boot>): boolean[] => [
      text(memory, ACPI_ADDRESS, 0x4000).includes('PCI0'),
      text(memory, MP_TABLE_ADDRESS, 0x400).includes('PCI   '),
    ];
    expect(tables(boot())).toEqual([false, false]);
    expect(tables(boot({ pci: true }))).toEqual([true, true]);
  });

  it('writes the command line with its NUL', () => {
    const { memory, params } = boot();
    expect(params.hdr.cmd_line_ptr).toBe(COMMAND_LINE_ADDRESS);
    expect(text(memory, COMMAND_LINE_ADDRESS, 14)).toBe('console=ttyS0\0');
  });

  it('writes the memory map', () => {
    const { params } = boot();
    expect(params.e820_entries).toBe(5);
    const entries = [0, 1, 2, 3, 4].map((index) => {
      const { addr, size, type } = params.e820_table.get(index);
      return [addr, size, type];
    });
    expect(entries).toEqual([
      [0, LOW_MEMORY_END, 1],
      [LOW_MEMORY_END, 0x400, 2],
      [0xe0000, 0x20000, 2],
      [MiB, 63 * MiB, 1],
      [0xe000_0000, 256 * MiB, 2],
    ]);
  });

  it('hands on the setup header of the kernel', () => {
    const memory = GuestMemory.create(memoryRegions(64 * MiB));
    const fields = { hardware_subarch: 5, payload_length: 77 };
    const image = tinyBzImage(new Uint8Array(0x400), fields);
    const kernel = loadKernel(memory, bytesSource(image));

    configureBoot(memory, { kernel, commandLine: '', cpus: 1, serialPorts: [] });

    const { hdr } = memory.view(boot_params, BOOT_PARAMS_ADDRESS);
    expect(hdr).toMatchObject({
      header: 0x53726448,
      type_of_loader: 0xff,
      hardware_subarch: 5,
      payload_length: 77,
      ramdisk_size: 0,
    });
    expect(boot_params.offsetOf('hdr')).toBe(SETUP_HEADER_OFFSET);
  });

  it.each<[LoadedInitrd, object, object]>([
    [
      { at: 48 * MiB, size: 5 },
      { ramdisk_image: 48 * MiB, ramdisk_size: 5 },
      { ext_ramdisk_image: 0, ext_ramdisk_size: 0 },
    ],
    [
      { at: 5 * GiB, size: 4 * GiB + 9 },
      { ramdisk_image: GiB, ramdisk_size: 9 },
      { ext_ramdisk_image: 1, ext_ramdisk_size: 1 },
    ],
  ])('tells where the initrd is: %p', (initrd, low, high) => {
    const { params } = boot({ initrd });
    expect(params.hdr).toMatchObject(low);
    expect(params).toMatchObject(high);
  });

  it('has ACPI and MP tables where the kernel is told and where it would search', () => {
    const { memory, params } = boot();
    expect(params.acpi_rsdp_addr).toBe(ACPI_ADDRESS);
    expect(text(memory, ACPI_ADDRESS, 8)).toBe('RSD PTR ');
    expect(text(memory, MP_TABLE_ADDRESS, 4)).toBe('_MP_');
  });

  it('leaves alone what is not its own', () => {
    const { memory } = boot({ cpus: MAX_VCPUS, serialPorts: [1, 2, 3, 4] });
    expect(memory.read(0, 0x500).every((byte) => byte === 0)).toBe(true);
    expect(memory.read(0x8000, 0x1000).every((byte) => byte === 0)).toBe(true);
    expect(memory.read(0x2_1000, 0xb_f000).every((byte) => byte === 0)).toBe(true);
    expect(memory.read(MiB, 0x1000).every((byte) => byte === 0)).toBe(true);
    expect(memory.readU8(KERNEL)).toBe(0xf4);
  });

  it('refuses a command line that the kernel would cut off', () => {
    expect(() => boot({ commandLine: 'x'.repeat(2048) })).toThrow(KernelError);
    expect(() => boot({ commandLine: 'x'.repeat(2047) })).not.toThrow();
  });

  it.each([0, -1, 1.5, NaN, MAX_VCPUS + 1])('refuses %p vCPUs', (cpus) => {
    expect(() => boot({ cpus })).toThrow(RangeError);
  });

  it('refuses a serial port that no PC has', () => {
    expect(() => boot({ serialPorts: [5] })).toThrow(RangeError);
  });
});

import { LOADED_HIGH, setup_header, XLF_KERNEL_64 } from '../abi';
import { BOOT_FLAG, HDRS, SETUP_HEADER_OFFSET } from '../abi/setup-header';
import type { SetupHeader } from '../abi/setup-header';

const SECTOR = 512;

/** A short jump over the setup header: `jmp .+2+0x6a`, as Linux 6 has it. */
const JUMP = 0x6aeb;

/**
 * A bzImage for tests: one sector of setup and the protected-mode part `kernel`, whose 64-bit entry
 * point is at 0x200. `fields` overrides fields of its setup header.
 */
export function tinyBzImage(kernel: Uint8Array, fields: Partial<SetupHeader> = {}): Uint8Array {
  const paragraphs = Math.ceil(kernel.length / 16);
  const image = new Uint8Array(2 * SECTOR + paragraphs * 16);
  Object.assign(setup_header.at(image.buffer, SETUP_HEADER_OFFSET), {
    setup_sects: 1,
    syssize: paragraphs,
    boot_flag: BOOT_FLAG,
    jump: JUMP,
    header: HDRS,
    version: 0x020f,
    loadflags: LOADED_HIGH,
    initrd_addr_max: 0x7fff_ffff,
    kernel_alignment: 0x20_0000,
    relocatable_kernel: 1,
    xloadflags: XLF_KERNEL_64,
    cmdline_size: 2047,
    pref_address: 0x100_0000,
    init_size: 0x10_0000,
    ...fields,
  });
  image.set(kernel, 2 * SECTOR);
  return image;
}

import {
  type Accessor,
  addr64,
  type Allocated,
  struct,
  u16,
  u32,
  u64,
  u8,
} from '@crosvm/data-model';

/**
 * `struct setup_header` of <asm/bootparam.h>: what a kernel tells its boot loader and the other way
 * round. It lies at 0x1f1 both in a bzImage and in the boot parameters.
 * Source: Documentation/x86/boot.rst, "The Real-Mode Kernel Header".
 */
export const setup_header = struct(
  'setup_header',
  {
    setup_sects: u8,
    root_flags: u16,
    /** Size of the protected-mode part, in units of 16 bytes. */
    syssize: u32,
    ram_size: u16,
    vid_mode: u16,
    root_dev: u16,
    boot_flag: u16,
    jump: u16,
    header: u32,
    version: u16,
    realmode_swtch: u32,
    start_sys_seg: u16,
    kernel_version: u16,
    type_of_loader: u8,
    loadflags: u8,
    setup_move_size: u16,
    code32_start: u32,
    ramdisk_image: u32,
    ramdisk_size: u32,
    bootsect_kludge: u32,
    heap_end_ptr: u16,
    ext_loader_ver: u8,
    ext_loader_type: u8,
    cmd_line_ptr: u32,
    /** The highest address that the last byte of the initrd may have. */
    initrd_addr_max: u32,
    kernel_alignment: u32,
    relocatable_kernel: u8,
    min_alignment: u8,
    xloadflags: u16,
    /** Most bytes of a command line, without its NUL. */
    cmdline_size: u32,
    hardware_subarch: u32,
    hardware_subarch_data: u64,
    payload_offset: u32,
    payload_length: u32,
    setup_data: addr64,
    pref_address: addr64,
    /** Bytes from the load address that the kernel needs until it knows its memory map. */
    init_size: u32,
    handover_offset: u32,
    kernel_info_offset: u32,
  },
  { packed: true },
);

/** A setup header in a buffer of its own. */
export type SetupHeader = Accessor<(typeof setup_header)['fields']> & Allocated;

/** Where the setup header is, in a bzImage and in the boot parameters. */
export const SETUP_HEADER_OFFSET = 0x1f1;
/** `boot_flag`: the signature of a boot sector. */
export const BOOT_FLAG = 0xaa55;
/** `header`: "HdrS". */
export const HDRS = 0x53726448;
/** `loadflags`: the protected-mode part goes to 1 MiB or above. */
export const LOADED_HIGH = 1 << 0;
/** `xloadflags`: there is a 64-bit entry point at 0x200. */
export const XLF_KERNEL_64 = 1 << 0;
/** `xloadflags`: kernel, boot parameters, command line and initrd may be above 4 GiB. */
export const XLF_CAN_BE_LOADED_ABOVE_4G = 1 << 1;

import { addr64, array, bytes, struct, u32, u8 } from '@crosvm/data-model';
import { setup_header } from '@crosvm/kernel-loader';

/** Most entries of `boot_params.e820_table`. */
export const E820_MAX_ENTRIES_ZEROPAGE = 128;

/** Most entries of `boot_params.edd_mbr_sig_buffer`. */
const EDD_MBR_SIG_MAX = 16;

/** A range of the guest's memory map. */
export const boot_e820_entry = struct(
  'boot_e820_entry',
  {
    addr: addr64,
    size: addr64,
    type: u32,
  },
  { packed: true },
);

/**
 * `struct boot_params` of <asm/bootparam.h>, the "zero page": all that a boot loader tells the
 * kernel. Parts that only firmware fills are raw bytes here.
 */
export const boot_params = struct(
  'boot_params',
  {
    screen_info: bytes(64),
    apm_bios_info: bytes(20),
    _pad2: bytes(4),
    tboot_addr: addr64,
    ist_info: bytes(16),
    acpi_rsdp_addr: addr64,
    _pad3: bytes(8),
    hd0_info: bytes(16),
    hd1_info: bytes(16),
    sys_desc_table: bytes(16),
    olpc_ofw_header: bytes(16),
    ext_ramdisk_image: u32,
    ext_ramdisk_size: u32,
    ext_cmd_line_ptr: u32,
    _pad4: bytes(112),
    cc_blob_address: u32,
    edid_info: bytes(128),
    efi_info: bytes(32),
    alt_mem_k: u32,
    scratch: u32,
    e820_entries: u8,
    eddbuf_entries: u8,
    edd_mbr_sig_buf_entries: u8,
    kbd_status: u8,
    secure_boot: u8,
    _pad5: bytes(2),
    sentinel: u8,
    _pad6: bytes(1),
    hdr: setup_header,
    _pad7: bytes(0x290 - 0x1f1 - setup_header.size),
    edd_mbr_sig_buffer: array(u32, EDD_MBR_SIG_MAX),
    e820_table: array(boot_e820_entry, E820_MAX_ENTRIES_ZEROPAGE),
    _pad8: bytes(48),
    eddbuf: bytes(492),
    _pad9: bytes(276),
  },
  { packed: true },
);

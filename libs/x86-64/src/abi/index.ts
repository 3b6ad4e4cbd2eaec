export { boot_e820_entry, boot_params, E820_MAX_ENTRIES_ZEROPAGE } from './boot-params';

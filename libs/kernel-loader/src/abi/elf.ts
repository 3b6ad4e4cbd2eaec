import { addr64, bytes, struct, u16, u32, u8 } from '@crosvm/data-model';

/* ELF-64 Object File Format, version 1.5; the spelling is that of <linux/elf.h>. */

/** `Elf64_Ehdr`: the header at the start of an ELF file. */
export const Elf64_Ehdr = struct('elf64_hdr', {
  e_ident: bytes(16),
  e_type: u16,
  e_machine: u16,
  e_version: u32,
  e_entry: addr64,
  e_phoff: addr64,
  e_shoff: addr64,
  e_flags: u32,
  e_ehsize: u16,
  e_phentsize: u16,
  e_phnum: u16,
  e_shentsize: u16,
  e_shnum: u16,
  e_shstrndx: u16,
});

/** `Elf64_Phdr`: a program header, which describes a segment. */
export const Elf64_Phdr = struct('elf64_phdr', {
  p_type: u32,
  p_flags: u32,
  p_offset: addr64,
  p_vaddr: addr64,
  p_paddr: addr64,
  p_filesz: addr64,
  p_memsz: addr64,
  p_align: addr64,
});

/** `Elf64_Shdr`: a section header. */
export const Elf64_Shdr = struct('elf64_shdr', {
  sh_name: u32,
  sh_type: u32,
  sh_flags: addr64,
  sh_addr: addr64,
  sh_offset: addr64,
  sh_size: addr64,
  sh_link: u32,
  sh_info: u32,
  sh_addralign: addr64,
  sh_entsize: addr64,
});

/** `Elf64_Sym`: a symbol. */
export const Elf64_Sym = struct('elf64_sym', {
  st_name: u32,
  st_info: u8,
  st_other: u8,
  st_shndx: u16,
  st_value: addr64,
  st_size: addr64,
});

/** Index into `e_ident`: 32 or 64 bits. */
export const EI_CLASS = 4;
/** Index into `e_ident`: byte order. */
export const EI_DATA = 5;
export const ELFCLASS32 = 1;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const ELFDATA2MSB = 2;

export const ET_REL = 1;
export const ET_EXEC = 2;
export const ET_DYN = 3;
export const ET_CORE = 4;

export const EM_X86_64 = 62;

export const PT_LOAD = 1;
export const PT_INTERP = 3;

export const SHT_SYMTAB = 2;

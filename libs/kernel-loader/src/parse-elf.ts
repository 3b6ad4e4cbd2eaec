import { fits, type GuestAddress } from '@crosvm/data-model';

import {
  EI_CLASS,
  EI_DATA,
  Elf64_Ehdr,
  Elf64_Phdr,
  ELFCLASS32,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EM_X86_64,
  ET_CORE,
  ET_DYN,
  ET_EXEC,
  ET_REL,
  PT_INTERP,
  PT_LOAD,
} from './abi/elf';
import type { ImageSource } from './image-source';
import { KernelError } from './kernel-error';

/** A loadable segment of an ELF file, checked against the file's size. */
interface ElfSegment {
  /** Offset in the file, in bytes. */
  readonly offset: number;
  /** Bytes in the file. */
  readonly fileSize: number;
  /** The physical address it is linked for. */
  readonly at: GuestAddress;
  /** Bytes in memory, at least `fileSize`; the rest is zero. */
  readonly memorySize: number;
  /** The virtual address it is linked for. */
  readonly virtual: number;
}

/** An ELF file for x86-64 whose headers are sound. */
export interface ElfImage {
  readonly entry: GuestAddress;
  /** Lowest address first, not overlapping, at least one. */
  readonly segments: readonly [ElfSegment, ...ElfSegment[]];
  /** Where the section headers claim to be; not checked, as a kernel boots without them. */
  readonly sections: SectionTable;
}

/** Where an ELF file claims to have its section headers. */
export interface SectionTable {
  /** Offset in the file, in bytes. */
  readonly offset: number;
  readonly count: number;
  /** Which of them holds the names of all. */
  readonly names: number;
}

const IDENT_BYTES = 16;

/** Linux has about five program headers; no linker makes more than a handful. */
const MAX_PROGRAM_HEADERS = 128;

const MACHINES: Readonly<Record<number, string>> = {
  3: 'an i386',
  8: 'a MIPS',
  21: 'a 64-bit PowerPC',
  22: 'an s390',
  40: 'an arm',
  183: 'an aarch64',
  243: 'a RISC-V',
  258: 'a LoongArch',
};

type Ehdr = ReturnType<typeof Elf64_Ehdr.at>;
type Phdr = ReturnType<typeof Elf64_Phdr.at>;

function bad(message: string): KernelError {
  return new KernelError('BAD_HEADER', message);
}

function checkIdent(ident: Uint8Array): void {
  const wanted = 'crosvm boots 64-bit x86 kernels';
  if (ident[EI_CLASS] === ELFCLASS32) {
    throw new KernelError('WRONG_CLASS', `is a 32-bit ELF file; ${wanted}`);
  }
  if (ident[EI_CLASS] !== ELFCLASS64) {
    throw bad(`is an ELF file of the unknown class ${String(ident[EI_CLASS])}`);
  }
  if (ident[EI_DATA] === ELFDATA2MSB) {
    throw new KernelError('WRONG_ENDIAN', `is a big-endian ELF file; ${wanted}`);
  }
  if (ident[EI_DATA] !== ELFDATA2LSB) {
    throw bad(`is an ELF file of the unknown byte order ${String(ident[EI_DATA])}`);
  }
}

function checkMachine({ e_machine }: Ehdr): void {
  if (e_machine !== EM_X86_64) {
    const machine = MACHINES[e_machine];
    const what = machine ? `${machine} ELF file` : `an ELF file for machine type ${e_machine}`;
    throw new KernelError('WRONG_MACHINE', `is ${what}; crosvm boots 64-bit x86 kernels`);
  }
}

function checkType({ e_type }: Ehdr): void {
  if (e_type === ET_REL) {
    throw new KernelError('NOT_A_KERNEL', 'is an object file or a kernel module, not a kernel');
  }
  if (e_type === ET_CORE) {
    throw new KernelError('NOT_A_KERNEL', 'is a core dump, not a kernel');
  }
  if (e_type !== ET_EXEC && e_type !== ET_DYN) {
    throw bad(`is an ELF file of the unknown type ${e_type}`);
  }
}

function readHeader(source: ImageSource): Ehdr {
  checkIdent(source.read(0, IDENT_BYTES));
  const header = Elf64_Ehdr.at(source.read(0, Elf64_Ehdr.size).buffer);
  checkMachine(header);
  checkType(header);
  if (header.e_phentsize !== Elf64_Phdr.size) {
    throw bad(`has program headers of ${header.e_phentsize} bytes instead of ${Elf64_Phdr.size}`);
  }
  if (header.e_phnum === 0 || header.e_phnum > MAX_PROGRAM_HEADERS) {
    throw bad(`has ${header.e_phnum} program headers; 1 to ${MAX_PROGRAM_HEADERS} make sense`);
  }
  return header;
}

function toSegment(header: Phdr, index: number, size: number): ElfSegment {
  const { p_offset, p_filesz, p_paddr, p_memsz, p_vaddr } = header;
  if (p_filesz > p_memsz) {
    throw bad(`has segment ${index} with more bytes in the file than in memory`);
  }
  if (!fits(p_paddr, p_memsz, Number.MAX_SAFE_INTEGER)) {
    throw new KernelError('BAD_ADDRESS', `has segment ${index} at an impossible address`);
  }
  if (!fits(p_offset, p_filesz, size)) {
    throw new KernelError('TRUNCATED', `is truncated: segment ${index} reaches beyond its end`);
  }
  return {
    offset: p_offset,
    fileSize: p_filesz,
    at: p_paddr,
    memorySize: p_memsz,
    virtual: p_vaddr,
  };
}

function readSegments(source: ImageSource, { e_phoff, e_phnum }: Ehdr): ElfSegment[] {
  const table = source.read(e_phoff, e_phnum * Elf64_Phdr.size).buffer;
  const header = Elf64_Phdr.at(table);
  const segments: ElfSegment[] = [];
  for (let index = 0; index < e_phnum; index++) {
    const { p_type, p_memsz } = header.rebase(index * Elf64_Phdr.size);
    if (p_type === PT_INTERP) {
      throw new KernelError('NOT_A_KERNEL', 'is a program for Linux, not a kernel');
    }
    if (p_type === PT_LOAD && p_memsz > 0) {
      segments.push(toSegment(header, index, source.size));
    }
  }
  return segments.sort((left, right) => left.at - right.at);
}

function checkOverlap(segments: readonly ElfSegment[]): void {
  let end = 0;
  for (const { at, memorySize } of segments) {
    if (at < end) {
      throw new KernelError('OVERLAPPING_SEGMENTS', `has segments that overlap at ${hex(at)}`);
    }
    end = at + memorySize;
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/**
 * Reads and checks the headers of an ELF kernel.
 * @throws KernelError WRONG_CLASS, WRONG_ENDIAN, WRONG_MACHINE, NOT_A_KERNEL, BAD_HEADER,
 *   BAD_ADDRESS, BAD_ENTRY, TRUNCATED, OVERLAPPING_SEGMENTS, UNREADABLE
 */
export function parseElf(source: ImageSource): ElfImage {
  const header = readHeader(source);
  const [first, ...rest] = readSegments(source, header);
  if (first === undefined) {
    throw bad('has no segment to load');
  }
  const segments = [first, ...rest] as const;
  checkOverlap(segments);
  const entry = header.e_entry;
  // An entry in the zeroed part of a segment would run zeros.
  if (!segments.some(({ at, fileSize }) => fits(entry - at, 1, fileSize))) {
    throw new KernelError('BAD_ENTRY', `has its entry point ${hex(entry)} outside its segments`);
  }
  const { e_shoff, e_shnum, e_shstrndx } = header;
  return { entry, segments, sections: { offset: e_shoff, count: e_shnum, names: e_shstrndx } };
}

import { type Accessor, alignUp } from '@crosvm/data-model';

import {
  Elf64_Ehdr,
  Elf64_Phdr,
  Elf64_Shdr,
  Elf64_Sym,
  ELFCLASS64,
  ELFDATA2LSB,
  EM_X86_64,
  ET_EXEC,
  PT_LOAD,
  SHT_SYMTAB,
} from '../abi';

/** A segment of a made-up ELF file. */
export interface TinySegment {
  /** Physical address; the virtual one is the same. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory; default those of `bytes`. */
  readonly memorySize?: number;
}

/** A section of a made-up ELF file. */
export interface TinySection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly type?: number;
  readonly link?: number;
}

/** What to put into a made-up ELF file. */
export interface TinyElf {
  readonly segments: readonly TinySegment[];
  /** Default: the start of the first segment. */
  readonly entry?: number;
  readonly sections?: readonly TinySection[];
  /** Values of absolute symbols. */
  readonly symbols?: Readonly<Record<string, number>>;
}

type Fields<Layout extends { fields: object }> = Partial<Accessor<Layout['fields']>>;

function strings(names: readonly string[]): { bytes: Uint8Array; offsets: number[] } {
  const offsets: number[] = [];
  let text = '\0';
  for (const name of names) {
    offsets.push(text.length);
    text += `${name}\0`;
  }
  return { bytes: Buffer.from(text, 'latin1'), offsets };
}

function symbolSections(symbols: Readonly<Record<string, number>>, index: number): TinySection[] {
  const names = strings(Object.keys(symbols));
  const table = Object.values(symbols).map((st_value, at) =>
    Elf64_Sym.from({ st_name: names.offsets[at] ?? 0, st_value }),
  );
  return [
    { name: '.symtab', bytes: Buffer.concat(table), type: SHT_SYMTAB, link: index + 1 },
    { name: '.strtab', bytes: names.bytes },
  ];
}

/** Lays out bytes one after the other, and remembers where each went. */
class Blob {
  readonly #parts: Uint8Array[] = [];
  size = 0;

  append(bytes: Uint8Array): number {
    const at = this.size;
    const padded = new Uint8Array(alignUp(bytes.length, 8));
    padded.set(bytes);
    this.#parts.push(padded);
    this.size += padded.length;
    return at;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

/** An ELF64 file for x86-64, for tests. */
export function tinyElf({ segments, entry, sections = [], symbols }: TinyElf): Uint8Array {
  const all = [...sections, ...(symbols ? symbolSections(symbols, sections.length) : [])];
  const names = strings([...all.map(({ name }) => name), '.shstrtab']);
  const named = all.length > 0 ? [...all, { name: '.shstrtab', bytes: names.bytes }] : [];
  const headers = Elf64_Ehdr.size + segments.length * Elf64_Phdr.size;

  const blob = new Blob();
  const programHeaders = segments.map(({ at, bytes, memorySize = bytes.length }) =>
    Elf64_Phdr.from({
      p_type: PT_LOAD,
      p_offset: headers + blob.append(bytes),
      p_vaddr: at,
      p_paddr: at,
      p_filesz: bytes.length,
      p_memsz: memorySize,
    }),
  );
  const sectionHeaders = named.map(({ bytes, type = 1, link = 0 }: TinySection, index) =>
    Elf64_Shdr.from({
      sh_name: names.offsets[index] ?? 0,
      sh_type: type,
      sh_offset: headers + blob.append(bytes),
      sh_size: bytes.length,
      sh_link: link,
    }),
  );
  const header = Elf64_Ehdr.from({
    e_ident: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, ELFCLASS64, ELFDATA2LSB, 1]),
    e_type: ET_EXEC,
    e_machine: EM_X86_64,
    e_version: 1,
    e_entry: entry ?? segments[0]?.at ?? 0,
    e_phoff: Elf64_Ehdr.size,
    e_shoff: headers + blob.size,
    e_ehsize: Elf64_Ehdr.size,
    e_phentsize: Elf64_Phdr.size,
    e_phnum: segments.length,
    e_shentsize: Elf64_Shdr.size,
    e_shnum: named.length,
    e_shstrndx: Math.max(0, named.length - 1),
  });
  return new Uint8Array(Buffer.concat([header, ...programHeaders, blob.bytes, ...sectionHeaders]));
}

/** Changes fields of the ELF header of `image`, in place. */
export function patchElfHeader(image: Uint8Array, fields: Fields<typeof Elf64_Ehdr>): Uint8Array {
  Object.assign(Elf64_Ehdr.at(image.buffer), fields);
  return image;
}

/** Changes fields of program header `index` of an image that `tinyElf` made, in place. */
export function patchProgramHeader(
  image: Uint8Array,
  index: number,
  fields: Fields<typeof Elf64_Phdr>,
): Uint8Array {
  const at = Elf64_Ehdr.size + index * Elf64_Phdr.size;
  Object.assign(Elf64_Phdr.at(image.buffer, at), fields);
  return image;
}

import { fits } from '@crosvm/data-model';

import { Elf64_Shdr, Elf64_Sym, SHT_SYMTAB } from './abi/elf';
import type { ImageSource } from './image-source';
import type { SectionTable } from './parse-elf';

/*
 * Sections and symbols are hints only: a stripped kernel has none and boots as well. So whatever is
 * unsound here reads as absent.
 */

/** A section of an ELF file. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  /** Offset in the file, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** The index of another section that belongs to it. */
  readonly link: number;
}

const MAX_SECTIONS = 1024;

/** Most bytes of a string or symbol table; the boot stub of Linux has some tens of KiB of each. */
const MAX_TABLE_BYTES = 1024 * 1024;

function tryRead(source: ImageSource, offset: number, length: number): Uint8Array | undefined {
  const sound = length <= MAX_TABLE_BYTES && fits(offset, length, source.size);
  return sound ? source.read(offset, length) : undefined;
}

/** The NUL-terminated string at `offset` of a string table. */
function stringAt(table: Uint8Array, offset: number): string {
  const end = table.indexOf(0, offset);
  return end < 0 ? '' : String.fromCharCode(...table.subarray(offset, Math.min(end, offset + 64)));
}

/** The sections of an ELF file; none if their headers are absent or unsound. */
export function readSections(source: ImageSource, table: SectionTable): ElfSection[] {
  const count = Math.min(table.count, MAX_SECTIONS);
  const bytes = tryRead(source, table.offset, count * Elf64_Shdr.size);
  if (bytes === undefined || table.names >= count) {
    return [];
  }
  const header = Elf64_Shdr.at(bytes.buffer);
  const { sh_offset, sh_size } = header.rebase(table.names * Elf64_Shdr.size);
  const names = tryRead(source, sh_offset, sh_size) ?? new Uint8Array();
  return Array.from({ length: count }, (_, index) => {
    const section = header.rebase(index * Elf64_Shdr.size);
    return {
      name: stringAt(names, section.sh_name),
      type: section.sh_type,
      offset: section.sh_offset,
      size: section.sh_size,
      link: section.sh_link,
    };
  });
}

/** The values of the symbols of an ELF file by name; empty if it has none. */
export function readSymbols(
  source: ImageSource,
  sections: readonly ElfSection[],
): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  const table = sections.find(({ type }) => type === SHT_SYMTAB);
  const strings = table && sections[table.link];
  const symbols = table && tryRead(source, table.offset, table.size);
  const names = strings && tryRead(source, strings.offset, strings.size);
  if (symbols === undefined || names === undefined || symbols.length < Elf64_Sym.size) {
    return values;
  }
  const symbol = Elf64_Sym.at(symbols.buffer);
  for (let at = 0; at + Elf64_Sym.size <= symbols.length; at += Elf64_Sym.size) {
    const { st_name, st_value } = symbol.rebase(at);
    values.set(stringAt(names, st_name), st_value);
  }
  return values;
}

import { PAGE_SIZE } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

import { PAGE_TABLES_ADDRESS } from './layout';

/** Entries of a table: it takes a page. */
const ENTRIES = 512;

/**
 * Page directories, 1 GiB each. 4 GiB are all that a kernel needs at entry, which is never loaded
 * above; pages of 2 MiB, because not every CPU has larger ones.
 */
const DIRECTORIES = 4;

const PRESENT = 1n << 0n;
const WRITABLE = 1n << 1n;
/** Of a page directory's entry: maps 2 MiB itself. */
const LARGE = 1n << 7n;
const LARGE_SHIFT = 21n;

/** Writes `count` entries at `table`, made from their index. */
function writeTable(
  memory: GuestMemory,
  table: number,
  count: number,
  entry: (index: number) => bigint,
): void {
  const entries = BigUint64Array.from({ length: count }, (_, index) => entry(index));
  memory.write(table, new Uint8Array(entries.buffer));
}

/**
 * Writes page tables that map the first 4 GiB to themselves, and gives the address for CR3.
 * Source: Documentation/x86/boot.rst, "64-bit Boot Protocol".
 */
export function writePageTables(memory: GuestMemory): number {
  const pml4 = PAGE_TABLES_ADDRESS;
  const pdpt = pml4 + PAGE_SIZE;
  const directories = pdpt + PAGE_SIZE;
  const table = (at: number): bigint => BigInt(at) | PRESENT | WRITABLE;
  memory.fill(pml4, 2 * PAGE_SIZE, 0);
  writeTable(memory, pml4, 1, () => table(pdpt));
  writeTable(memory, pdpt, DIRECTORIES, (index) => table(directories + index * PAGE_SIZE));
  writeTable(
    memory,
    directories,
    DIRECTORIES * ENTRIES,
    (index) => (BigInt(index) << LARGE_SHIFT) | PRESENT | WRITABLE | LARGE,
  );
  return pml4;
}

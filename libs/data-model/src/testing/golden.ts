import { readFileSync } from 'node:fs';

import { type AbiEntry, abiEntries, type AbiFacts, declaredFacts } from './abi';

/** A golden file: what the C headers said when it was made, and how to ask them again. */
export interface GoldenAbi {
  /** The machine that the facts hold for, by Node's name (`process.arch`). */
  readonly arch: string;
  /** What to include. */
  readonly headers: readonly string[];
  /** Members (`struct.member`) that have a name in the package but none in C. */
  readonly anonymous: readonly string[];
  readonly facts: AbiFacts;
  /** Names that those headers were too old for. */
  readonly missing: readonly string[];
}

/** Reads a golden file. */
export function readGolden(path: string): GoldenAbi {
  return JSON.parse(readFileSync(path, 'utf8')) as GoldenAbi;
}

/** The entries of a package's exports, with the golden file's anonymous members. */
export function goldenEntries(exports: object, golden: GoldenAbi): AbiEntry[] {
  return abiEntries(exports, golden.anonymous);
}

/** The declared facts, without the names that are not to be looked at. */
export function factsWithout(entries: readonly AbiEntry[], names: readonly string[]): AbiFacts {
  const left = new Set(names);
  return declaredFacts(entries.filter(({ name }) => !left.has(name)));
}

import type { AbiFacts } from './abi';
import { hasHeaders, measureAbi } from './c-headers';
import { factsWithout, goldenEntries, readGolden } from './golden';

/** What is expected of a package's binary interface. */
export interface DescribedAbi {
  /** What it is, for the names of tests. */
  readonly title: string;
  /** The namespace of the exports, as `import * as` gives it. */
  readonly exports: object;
  /** Path of the golden file. */
  readonly golden: string;
  /** Some of the facts, which show that structs are covered with their members. */
  readonly covers: AbiFacts;
  /** How many facts this machine's headers know at least. */
  readonly atLeast: number;
}

type DefineTest = (name: string, run: () => void) => void;

interface Matchers {
  toEqual(expected: unknown): void;
  toMatchObject(expected: object): void;
  toBeGreaterThan(expected: number): void;
}

interface TestGlobals {
  readonly describe: DefineTest;
  readonly it: DefineTest & { readonly skip: DefineTest };
  readonly expect: (actual: unknown) => Matchers;
}

/** Defines jest's tests that an interface is that of the C headers: of the golden file, and of this machine. */
export function describeAbi({ title, exports, golden: path, covers, atLeast }: DescribedAbi): void {
  const { describe, it, expect } = globalThis as unknown as TestGlobals;
  const golden = readGolden(path);
  const entries = goldenEntries(exports, golden);
  const canMeasure = process.arch === golden.arch && hasHeaders(golden.headers);
  const measured = canMeasure ? measureAbi(golden.headers, entries) : { facts: {}, missing: [] };
  const what = canMeasure
    ? `which have no ${measured.missing.join(', ') || 'gaps'}`
    : `[skipped: no x86_64, gcc or ${golden.headers.join(' ')}]`;

  describe(title, () => {
    it('are those of the C headers, as the golden file keeps them', () => {
      expect(factsWithout(entries, golden.missing)).toEqual(golden.facts);
    });

    it('cover every struct that is exported, with its members', () => {
      expect(golden.facts).toMatchObject(covers);
    });

    (canMeasure ? it : it.skip)(`are those of this machine's headers, ${what}`, () => {
      expect(factsWithout(entries, measured.missing)).toEqual(measured.facts);
      expect(Object.keys(measured.facts).length).toBeGreaterThan(atLeast);
    });
  });
}

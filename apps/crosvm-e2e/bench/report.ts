import {
  type Comparison,
  comparisonText,
  figure,
  isWithinBudget,
  median,
  ratio,
} from './statistics';

/** A row of the results: plain data, as it is written to `results.json`. */
export type Row =
  | {
      readonly kind: 'comparison';
      readonly part: string;
      readonly what: string;
      readonly unit: string;
      readonly peer: string;
      readonly better: 'less' | 'more';
      readonly ours: readonly number[];
      readonly theirs: readonly number[];
      readonly ratio: number;
      readonly budget: number;
      readonly isWithin: boolean;
    }
  | {
      readonly kind: 'figure';
      readonly part: string;
      readonly what: string;
      readonly unit: string;
      readonly values: readonly number[];
      /** The most that it may be; none where there is no budget. */
      readonly budget?: number;
      readonly isWithin?: boolean;
    }
  | {
      readonly kind: 'not measured';
      readonly part: string;
      readonly what: string;
      readonly why: string;
    };

/** A value that has no peer. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** The most that it may be; default: there is no budget. */
  readonly budget?: number;
}

/** Collects the rows of a run, and prints each as soon as it is there. */
class Report {
  readonly rows: Row[] = [];
  #part = '';

  /** The rows that come next are of this part. */
  begin(part: string): void {
    this.#part = part;
  }

  /** Ours against a peer. */
  compare(comparison: Comparison): void {
    const { what, unit, peer, better = 'less', ours, theirs, budget } = comparison;
    console.log(comparisonText(comparison));
    this.rows.push({
      kind: 'comparison',
      part: this.#part,
      what,
      unit,
      peer,
      better,
      ours,
      theirs,
      ratio: ratio(comparison),
      budget,
      isWithin: isWithinBudget(comparison),
    });
  }

  /** Ours alone. */
  figure({ what, unit, values, budget }: Figure): void {
    const isWithin = budget === undefined ? undefined : median(values) <= budget;
    const judged =
      isWithin === undefined ? '' : `, ${isWithin ? 'within' : 'BEHIND'} the budget of ${budget}`;
    console.log(`${what}: ${figure(values)} ${unit}${judged}`);
    this.rows.push({
      kind: 'figure',
      part: this.#part,
      what,
      unit,
      values,
      ...(budget !== undefined && { budget }),
      ...(isWithin !== undefined && { isWithin }),
    });
  }

  /** What cannot be measured here. */
  notMeasured(what: string, why: string): void {
    console.log(`${what}: NOT MEASURED, for ${why}`);
    this.rows.push({ kind: 'not measured', part: this.#part, what, why });
  }
}

/** The report of this run. */
export const report = new Report();

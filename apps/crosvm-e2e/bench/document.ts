import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { chartOf } from './charts';
import type { BenchMachine } from './machine';
import type { Row } from './report';
import { figure } from './statistics';
import { tool } from './tool';

/** What a run of the benchmark came to. */
export interface Results {
  readonly machine: BenchMachine;
  readonly rows: readonly Row[];
}

/** What the parts are called. */
const TITLES: Readonly<Record<string, string>> = {
  exits: 'Exits of a vCPU',
  start: 'Start',
  boot: 'Boot',
  sandbox: 'The sandbox',
  memory: 'Memory',
  queue: 'Virtqueues',
  block: 'Disks',
  network: 'Network',
  vsock: 'Sockets between guest and host',
};

/** Where the charts of the page are, beside it. */
const CHARTS = 'performance';

const HEAD = '| what | crosvm | peer | ratio | budget | |\n| --- | --- | --- | --- | --- | --- |\n';

function verdict(isWithin: boolean | undefined): string {
  return isWithin === undefined ? '' : isWithin ? 'within' : '**behind**';
}

function rowText(row: Row): string {
  const cells = ((): readonly string[] => {
    switch (row.kind) {
      case 'comparison': {
        const { what, unit, ours, peer, theirs, ratio, budget, better, isWithin } = row;
        const limit = `${better === 'less' ? '≤' : '≥'} ${budget.toFixed(2)}`;
        const [own, other] = [`${figure(ours)} ${unit}`, `${peer}: ${figure(theirs)} ${unit}`];
        return [what, own, other, ratio.toFixed(2), limit, verdict(isWithin)];
      }
      case 'figure': {
        const { what, unit, values, budget, isWithin } = row;
        const limit = budget === undefined ? '' : `≤ ${budget} ${unit}`;
        return [what, `${figure(values)} ${unit}`, '', '', limit, verdict(isWithin)];
      }
      case 'not measured':
        return [row.what, `not measured: ${row.why}`, '', '', '', ''];
    }
  })();
  return `| ${cells.join(' | ')} |\n`;
}

function partsOf(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const parts = new Map<string, Row[]>();
  rows.forEach((row) => parts.set(row.part, [...(parts.get(row.part) ?? []), row]));
  return parts;
}

/** All rows as tables of markdown, a part each. */
function tables({ rows }: Results): string {
  return [...partsOf(rows)]
    .map(([part, its]) => `## ${TITLES[part] ?? part}\n\n${HEAD}${its.map(rowText).join('')}`)
    .join('\n');
}

function summary(all: readonly Results[]): string {
  const rows = all.flatMap((results) => results.rows);
  const judged = rows.flatMap((row) => ('isWithin' in row ? [row.isWithin] : []));
  const behind = judged.filter((isWithin) => !isWithin).length;
  return `${judged.length - behind} of ${judged.length} rows are within their budgets, ${behind} are behind.`;
}

/** What was measured on a machine. Its charts are in `directory`. */
function section({ machine, rows }: Results, charts: Charts): string {
  const parts = [...partsOf(rows)].map(([part, its]) => {
    const title = TITLES[part] ?? part;
    const chart = charts.parts.has(part) ? `![${title}](${charts.directory}/${part}.svg)\n\n` : '';
    return `### ${title}\n\n${chart}${HEAD}${its.map(rowText).join('')}`;
  });
  return `## On ${machine.kvm}

| | |
| --- | --- |
| date | ${machine.date} |
| CPU | ${machine.cpu}, ${machine.cpuCount} threads |
| memory | ${machine.memoryGiB} GiB |
| kernel | Linux ${machine.kernel} |
| KVM | ${machine.kvm} |
| Node.js | ${machine.node} |
| QEMU | ${machine.qemu} |
| guest | ${machine.guest} |
| rounds | ${machine.rounds} |
| other work | a load of ${machine.load.toFixed(1)} before the first figure; best is none |

${parts.join('\n')}`;
}

function page(all: readonly Results[], sections: readonly string[]): string {
  return `---
title: Performance
---

# Performance

<!-- Made by apps/crosvm-e2e/bench: edit it there. -->

What the project promises about speed, measured. Each figure was measured in turn with its peer's, on the same machine with the same
guest; a figure is the median, with the least and the most behind it, and a ratio the median of the ratios pair by pair. What drifts over time hits both of
a pair, so ratios mean something on another machine, and times do not. ${summary(all)}

${sections.join('\n')}
## Measure it again

\`\`\`console
$ eval "$(tools/guest-images)"
$ export CROSVM_GUEST_KERNEL=$CROSVM_STOCK_BZIMAGE CROSVM_GUEST_INITRD=$CROSVM_STOCK_INITRD
$ export CROSVM_GUEST_INITRD_MODULES=$CROSVM_STOCK_INITRD_MODULES
$ npx nx run crosvm-e2e:bench -- --docs
\`\`\`

in a checkout, with QEMU and gcc. It takes half an hour, and a machine that has nothing else to do.
[The end-to-end tests' README](../apps/crosvm-e2e/README.md) says what each part measures, how much of it, what there is for machines without
vhost, and how figures of several machines come on this page. Results are in \`apps/crosvm-e2e/dist/results\`: \`results.json\`, \`table.md\`, and a chart
for each part; with \`--docs\` this page is made of them.
`;
}

/** The charts of a page. */
interface Charts {
  /** Relative to the page. */
  readonly directory: string;
  /** Those that have one. */
  readonly parts: ReadonlySet<string>;
}

function writeCharts(results: Results, directory: string): ReadonlySet<string> {
  mkdirSync(directory, { recursive: true });
  // Those of an earlier run, and nothing else: the directory is somebody's.
  Object.keys(TITLES).forEach((part) => rmSync(join(directory, `${part}.svg`), { force: true }));
  const written = new Set<string>();
  for (const [part, rows] of partsOf(results.rows)) {
    const svg = chartOf(TITLES[part] ?? part, rows);
    if (svg !== undefined) {
      writeFileSync(join(directory, `${part}.svg`), `${svg}\n`);
      written.add(part);
    }
  }
  return written;
}

/** Writes results as JSON, as tables and as charts. */
export function writeResults(results: Results, directory: string): void {
  writeCharts(results, directory);
  writeFileSync(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(directory, 'table.md'), tables(results));
}

/**
 * Makes the page of the documentation.
 * @param all results, of a machine each
 */
export function writePage(all: readonly Results[], docs: string): void {
  rmSync(join(docs, CHARTS), { recursive: true, force: true });
  const sections = all.map((results, index) => {
    const directory = index === 0 ? CHARTS : `${CHARTS}/${index + 1}`;
    return section(results, { directory, parts: writeCharts(results, join(docs, directory)) });
  });
  const file = join(docs, 'performance.md');
  writeFileSync(file, page(all, sections));
  tool(join(docs, '../node_modules/.bin/prettier'), ['--write', file]);
}

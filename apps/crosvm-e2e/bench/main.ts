/*
 * The benchmark: what the project promises about speed, each figure against a peer that is measured
 * in turn with it. See the README of this package for what the figures mean.
 *
 * usage: bench [--docs [--with RESULTS]...] [exits] [start] [boot] [sandbox] [memory] [queue] [block] [network] [vsock]
 *        (default: all)
 */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { block } from './block';
import { type Results, writePage, writeResults } from './document';
import { exits } from './exits';
import { thisMachine } from './machine';
import { memory } from './memory';
import { network } from './network';
import { queue } from './queue';
import { report } from './report';
import { sandbox } from './sandbox';
import { cleanUpOnSignals } from './scratch';
import { DIST, RESULTS, ROUNDS } from './settings';
import { boot, start } from './start';
import { vsock } from './vsock';

const PARTS = { exits, start, boot, sandbox, memory, queue, block, network, vsock };

const OPTIONS = {
  /** Have the page of the documentation made of the results. */
  docs: { type: 'boolean', default: false },
  /** Of these, too: `results.json` of another machine. */
  with: { type: 'string', multiple: true, default: [] as string[] },
} as const;

async function main(): Promise<void> {
  const { values, positionals: wanted } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const others = values.with.map((path) => JSON.parse(readFileSync(path, 'utf8')) as Results);
  const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  cleanUpOnSignals();
  const machine = thisMachine();
  console.log(`${availableParallelism()} CPUs, Node ${process.version}, ${ROUNDS} rounds each`);
  const failed: string[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      report.begin(name);
      try {
        await part();
      } catch (error) {
        // The others are worth having.
        const why = error instanceof Error ? error.message : String(error);
        report.notMeasured(name, `it failed: ${why.split('\n', 1)[0] ?? ''}`);
        failed.push(`${name}: ${why}`);
      }
    }
  }
  const results = { machine, rows: report.rows };
  writeResults(results, RESULTS);
  if (values.docs) {
    writePage([results, ...others], join(DIST, '../../../docs'));
  }
  if (failed.length > 0) {
    throw new Error(failed.join('\n'));
  }
}

main().catch((error: unknown) => {
  console.error(`bench: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

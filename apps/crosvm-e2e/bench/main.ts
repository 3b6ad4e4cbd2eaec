/*
 * The benchmark: what the project promises about speed, each figure against a peer that is measured
 * in turn with it. See the README of this package for what the figures mean.
 *
 * usage: bench [--docs] [exits] [start] [boot] [sandbox] [memory] [queue] [block] [network] (default: all)
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { block } from './block';
import { writePage, writeResults } from './document';
import { exits } from './exits';
import { thisMachine } from './machine';
import { memory } from './memory';
import { network } from './network';
import { queue } from './queue';
import { report } from './report';
import { sandbox } from './sandbox';
import { cleanUpOnSignals } from './scratch';
import { DIST, ROUNDS } from './settings';
import { boot, start } from './start';

const PARTS = { exits, start, boot, sandbox, memory, queue, block, network };

/** Has the page of the documentation made of the results. */
const DOCS = '--docs';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const wanted = args.filter((name) => name !== DOCS);
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
  writeResults(results, join(DIST, 'results'));
  if (args.includes(DOCS)) {
    writePage(results, join(DIST, '../../../docs'));
  }
  if (failed.length > 0) {
    throw new Error(failed.join('\n'));
  }
}

main().catch((error: unknown) => {
  console.error(`bench: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

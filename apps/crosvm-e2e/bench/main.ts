/*
 * The benchmark: what the project promises about speed, each figure against a peer that is measured
 * in turn with it. See the README of this package for what the figures mean.
 *
 * usage: bench [exits] [start] [boot] [queue] [block] [network] (default: all)
 */

import { availableParallelism } from 'node:os';

import { block } from './block';
import { exits } from './exits';
import { network } from './network';
import { queue } from './queue';
import { cleanUpOnSignals } from './scratch';
import { ROUNDS } from './settings';
import { boot, start } from './start';

const PARTS = { exits, start, boot, queue, block, network };

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  cleanUpOnSignals();
  console.log(`${availableParallelism()} CPUs, Node ${process.version}, ${ROUNDS} rounds each`);
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      await part();
    }
  }
}

main().catch((error: unknown) => {
  console.error(`bench: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

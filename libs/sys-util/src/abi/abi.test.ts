import { join } from 'node:path';

import {
  factsWithout,
  goldenEntries,
  hasHeaders,
  measureAbi,
  readGolden,
} from '@crosvm/data-model/testing';

import * as abi from './index';

const golden = readGolden(join(__dirname, 'golden/x86_64.json'));
const entries = goldenEntries(abi, golden);
const isGoldenMachine = process.arch === golden.arch;
const canMeasure = isGoldenMachine && hasHeaders(golden.headers);
const measured = canMeasure ? measureAbi(golden.headers, entries) : { facts: {}, missing: [] };
const elsewhere = isGoldenMachine ? '' : ` [skipped: the file is for ${golden.arch}]`;
const without = canMeasure ? '' : ' [skipped: no x86_64, gcc or C headers]';

describe('C structs and constants', () => {
  // The packing of epoll_event, among others, differs between machines.
  (isGoldenMachine ? it : it.skip)(`are those of the golden file${elsewhere}`, () => {
    expect(golden.missing).toEqual([]);
    expect(factsWithout(entries, [])).toEqual(golden.facts);
    expect(golden.facts).toMatchObject({ epoll_event: '12 bytes', termios: '60 bytes' });
  });

  (canMeasure ? it : it.skip)(`are those of this machine's headers${without}`, () => {
    expect(factsWithout(entries, [])).toEqual(measured.facts);
  });
});

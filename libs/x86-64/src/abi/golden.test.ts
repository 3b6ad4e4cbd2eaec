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

describe('the layouts and numbers of the boot parameters', () => {
  it('are those of the C headers, as the golden file keeps them', () => {
    expect(factsWithout(entries, golden.missing)).toEqual(golden.facts);
  });

  it('cover every field', () => {
    expect(golden.missing).toEqual([]);
    expect(golden.facts).toMatchObject({
      boot_params: '4096 bytes',
      'boot_params.hdr.init_size': '4 bytes at 608',
      'boot_params.e820_table': '2560 bytes at 720',
    });
  });
});

const canMeasure = process.arch === golden.arch && hasHeaders(golden.headers);
const measured = canMeasure ? measureAbi(golden.headers, entries) : { facts: {}, missing: [] };
const title = canMeasure
  ? `are those of this machine's headers, which have no ${measured.missing.join(', ') || 'gaps'}`
  : `are those of this machine's headers [skipped: no x86_64, gcc or ${golden.headers.join(' ')}]`;

describe('the layouts and numbers of the boot parameters', () => {
  (canMeasure ? it : it.skip)(title, () => {
    expect(factsWithout(entries, measured.missing)).toEqual(measured.facts);
    expect(Object.keys(measured.facts).length).toBeGreaterThan(70);
  });
});

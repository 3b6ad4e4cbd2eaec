import { join } from 'node:path';

import {
  factsWithout,
  goldenEntries,
  hasHeaders,
  measureAbi,
  readGolden,
} from '@crosvm/data-model/testing';

import * as kvmSys from './index';

const golden = readGolden(join(__dirname, 'golden/x86_64.json'));
const entries = goldenEntries(kvmSys, golden);

describe('sizes, offsets, ioctl numbers and constants', () => {
  it('are those of the C headers, as the golden file keeps them', () => {
    expect(factsWithout(entries, golden.missing)).toEqual(golden.facts);
  });

  it('cover every struct that is exported, with its members', () => {
    expect(golden.facts).toMatchObject({
      kvm_run: '2352 bytes',
      'kvm_run.io.data_offset': '8 bytes at 40',
      'kvm_vcpu_events.triple_fault.pending': '1 bytes at 28',
      KVM_SET_USER_MEMORY_REGION: '0x4020ae46',
    });
  });
});

const canMeasure = process.arch === golden.arch && hasHeaders(golden.headers);
const measured = canMeasure ? measureAbi(golden.headers, entries) : { facts: {}, missing: [] };
const title = canMeasure
  ? `are those of this machine's headers, which have no ${measured.missing.join(', ') || 'gaps'}`
  : `are those of this machine's headers [skipped: no x86_64, gcc or ${golden.headers.join(' ')}]`;

describe('sizes, offsets, ioctl numbers and constants', () => {
  (canMeasure ? it : it.skip)(title, () => {
    expect(factsWithout(entries, measured.missing)).toEqual(measured.facts);
    expect(Object.keys(measured.facts).length).toBeGreaterThan(800);
  });
});

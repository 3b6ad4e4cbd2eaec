import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { UserError } from '../user-error';
import { CallRecord } from './call-record';

const HOST = {
  label: 'disk vda',
  policy: '/policies/block_device.policy',
  compiled: true,
  record: true,
};

describe('a record of system calls', () => {
  const directory = mkdtempSync(join(tmpdir(), 'call-record-test-'));
  const path = join(directory, 'calls');
  afterAll(() => rmSync(directory, { recursive: true }));

  it('has a line for each, with its device and policy, instead of what was in the file', () => {
    writeFileSync(path, 'old'.repeat(1000));
    const record = CallRecord.create(path);
    const disk = record.of(HOST);
    const rng = record.of({ ...HOST, label: 'rng', policy: '/policies/rng_device.policy' });
    disk('read(0x3), number 0');
    rng('getrandom(0x1), number 318');
    record[Symbol.dispose]();
    expect(readFileSync(path, 'utf8')).toBe(
      'disk vda\t/policies/block_device.policy\tread(0x3), number 0\n' +
        'rng\t/policies/rng_device.policy\tgetrandom(0x1), number 318\n',
    );
  });

  it('keeps many', () => {
    const record = CallRecord.create(path);
    const disk = record.of(HOST);
    const calls = Array.from({ length: 5000 }, (_, index) => `read(${index}), number 0`);
    calls.forEach(disk);
    record[Symbol.dispose]();
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    expect(lines.map((line) => line.split('\t')[2])).toEqual(calls);
  });

  it('cannot be made where no file can be', () => {
    expect(() => CallRecord.create(directory)).toThrow(UserError);
    expect(() => CallRecord.create(directory)).toThrow(
      `system calls cannot be recorded in '${directory}'`,
    );
  });
});

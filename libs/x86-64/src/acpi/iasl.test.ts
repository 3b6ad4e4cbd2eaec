import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { acpiPanicDevice, acpiRtc, acpiSerialPort } from './legacy-devices';
import { acpiPciRoot } from './pci-root';
import { findTables } from './testing/tables';

const installed = spawnSync('iasl', ['-v']).error === undefined;
const itWithIasl = installed ? it : it.skip;
const reason = installed ? '' : ' (skipped: no iasl, which the package acpica-tools has)';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'crosvm-acpi-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function iasl(...args: readonly string[]): { status: number | null; output: string } {
  const run = spawnSync('iasl', args, { cwd: directory, encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

const devices = [1, 2, 3, 4]
  .map((port) => acpiSerialPort(port))
  .concat(acpiRtc(), acpiPciRoot(), acpiPanicDevice());
const { tables } = findTables({ cpus: 254, devices });

describe("ACPI's reference compiler", () => {
  itWithIasl.each([...tables.keys()])(`reads and accepts %s${reason}`, (signature) => {
    writeFileSync(join(directory, `${signature}.dat`), tables.get(signature)!);

    const disassembled = iasl('-d', `${signature}.dat`);
    const compiled = iasl('-p', `again-${signature}`, `${signature}.dsl`);

    expect(disassembled.output).not.toMatch(/warning|error|invalid|unknown/i);
    expect(disassembled.status).toBe(0);
    expect(compiled.output).not.toMatch(/^(warning|error|remark)/im);
    expect(compiled.status).toBe(0);
  });

  itWithIasl(`makes the same DSDT of its own disassembly${reason}`, () => {
    const headerBytes = 36;
    const again = new Uint8Array(readFileSync(join(directory, 'again-DSDT.aml')));
    expect(again.subarray(headerBytes)).toEqual(tables.get('DSDT')!.subarray(headerBytes));
  });
});

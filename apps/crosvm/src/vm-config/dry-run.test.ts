import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseCommandLine } from '../cli/parse-command-line';
import type { VmConfig } from './schema';

const directory = mkdtempSync(join(tmpdir(), 'crosvm-dry-run-'));

afterAll(() => rmSync(directory, { recursive: true }));

interface DryRun {
  readonly config: VmConfig;
  readonly starts: readonly { readonly name: string; readonly as: string }[];
}

async function dryRun(...args: string[]): Promise<DryRun> {
  const command = await parseCommandLine(['run', '--dry-run', ...args]);
  return JSON.parse((command as { text: string }).text) as DryRun;
}

const LINE = [
  ...['-c', '2', '-m', '512', '-p', 'quiet', '--rwroot', '"a,b.img",id=5,o_direct', '-d', 'c.img'],
  ...['--tap-name', 'tap0', '--vhost-net', '--cid', '3', '--serial', 'type=file,path=log,num=2'],
  ...['--log-level', 'info', 'vmlinux'],
];

describe('crosvm run --dry-run', () => {
  it('prints a configuration that says all that is said, and the defaults', async () => {
    const { config } = await dryRun(...LINE);

    expect(config).toEqual({
      kernel: 'vmlinux',
      mem: 512,
      cpus: 2,
      params: ['quiet'],
      rwroot: { path: 'a,b.img', id: '5', oDirect: true },
      disk: [{ path: 'c.img' }],
      tapName: ['tap0'],
      vhostNet: true,
      cid: 3,
      serial: [{ type: 'file', path: 'log', num: 2 }],
      logLevel: 'info',
    });
  });

  it('prints what can be given back by --config', async () => {
    const file = join(directory, 'vm.json');
    writeFileSync(file, JSON.stringify((await dryRun(...LINE)).config));

    await expect(parseCommandLine(['run', '--config', file])).resolves.toEqual(
      await parseCommandLine(['run', ...LINE]),
    );
  });

  it('prints what would be started', async () => {
    const { starts } = await dryRun(...LINE);

    expect(starts.map(({ name, as }) => `${name}: ${as}`)).toEqual([
      'crosvm: process',
      'vCPU 0: thread',
      'vCPU 1: thread',
      'rng: jailed process',
      'balloon: jailed process',
      'disk vda: jailed process',
      'disk vdb: jailed process',
      'network card over tap0: jailed process',
      'vsock: jailed process',
      'serial 1: jailed process',
      'serial 2: jailed process',
    ]);
  });

  it('prints that devices are threads without a sandbox', async () => {
    const { starts } = await dryRun('--disable-sandbox', 'vmlinux');
    expect(starts.at(-1)).toEqual({ name: 'serial 1', as: 'thread' });
  });

  it('refuses what run refuses', async () => {
    await expect(dryRun('--mem', '0', 'vmlinux')).rejects.toThrow('--mem must be from 1');
  });
});

describe('crosvm config-schema', () => {
  it('prints a JSON schema with the help texts of the options', async () => {
    const command = await parseCommandLine(['config-schema']);
    const schema = JSON.parse((command as { text: string }).text) as {
      readonly $schema: string;
      readonly additionalProperties: boolean;
      readonly properties: Readonly<Record<string, { description?: string; type?: string }>>;
    };

    expect(schema.$schema).toContain('json-schema.org');
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.mem).toMatchObject({
      type: 'integer',
      description: 'Guest memory in MiB (default: 256)',
    });
    const { $schema: _, ...named } = schema.properties;
    expect(Object.values(named).filter(({ description }) => description === undefined)).toEqual([]);
  });
});

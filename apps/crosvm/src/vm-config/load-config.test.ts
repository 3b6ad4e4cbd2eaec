import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';

import { parseCommandLine } from '../cli/parse-command-line';
import { outcome } from '../cli/testing/outcome';
import { UserError } from '../user-error';
import { loadConfig } from './load-config';

const directory = mkdtempSync(join(tmpdir(), 'crosvm-config-'));
const file = join(directory, 'vm.json');

afterAll(() => rmSync(directory, { recursive: true }));

function write(config: unknown): string {
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

const run = (...args: string[]) => parseCommandLine(['run', ...args]);

describe('a configuration file', () => {
  it('says what the options say', async () => {
    write({
      $schema: 'crosvm.schema.json',
      kernel: 'vmlinux',
      initrd: 'initrd',
      mem: 512,
      cpus: 2,
      cpuAffinity: '0-1',
      params: ['quiet', 'panic=-1'],
      rwroot: { path: 'a,"b.img', sparse: false, blockSize: 4096, oDirect: true, id: 'system' },
      disk: ['c.img', { path: 'd.img', id: '5' }],
      rwdisk: 'e.img',
      tapName: ['tap0', 'tap1'],
      netVqPairs: 2,
      vhostNet: false,
      cid: 3,
      serial: [
        { type: 'file', path: 'boot,log', console: true },
        { type: 'stdout', num: 2 },
      ],
      disableSandbox: true,
      logLevel: 'debug',
      syslogTag: 'guest',
    });
    const line = [
      ...['-i', 'initrd', '-m', '512', '-c', '2', '--cpu-affinity', '0-1', '-p', 'quiet'],
      ...['-p', 'panic=-1', '--rwroot'],
      String.raw`"a,\"b.img",sparse=false,block_size=4096,o_direct,id=system`,
      ...['--disk', 'c.img', '--disk', 'd.img,id=5', '--rwdisk', 'e.img'],
      ...['--tap-name', 'tap0', '--tap-name', 'tap1', '--net-vq-pairs', '2', '--cid', '3'],
      ...['--serial', 'type=file,path="boot,log",console', '--serial', 'type=stdout,num=2'],
      ...['--disable-sandbox', '--log-level', 'debug', '--syslog-tag', 'guest', 'vmlinux'],
    ];

    expect(await run('--config', file)).toEqual(await run(...line));
  });

  it('has the options of the command line on top', async () => {
    write({ kernel: 'a', mem: 512, params: 'quiet', root: 'a.img', disk: 'b.img', cpus: 2 });
    const args = ['-m', '64', '-p', 'debug', '--rwroot', 'c.img', '-d', 'd.img', 'vmlinux'];

    expect(await run('--config', file, ...args)).toEqual(
      await run(
        ...['-c', '2', '-p', 'quiet', '-d', 'b.img', '-m', '64', '-p', 'debug'],
        ...['--rwroot', 'c.img', '-d', 'd.img', 'vmlinux'],
      ),
    );
  });

  it.each<[unknown, string, string?]>([
    [{ mem: 0 }, '--mem must be from 1 to 67108863 MiB'],
    [{ cpus: 2, cpuAffinity: '5=1' }, '--cpu-affinity names vCPU 5'],
    [{ disk: { path: '' } }, '--disk needs a path that is not empty'],
    [{ serial: { type: 'file' } }, '--serial: type file needs a path'],
  ])('%j is refused in the words of the command line: %s', async (config, message) => {
    write({ kernel: 'vmlinux', ...(config as object) });
    await expect(run('--config', file)).rejects.toThrow(message);
  });

  it.each<[unknown, string, string?]>([
    ['{"mem": 1', 'it is not JSON: '],
    [{ disk: { path: 'a', o_direct: true } }, 'disk.o_direct is no name', 'did you mean oDirect?'],
    [[], 'a configuration must be an object, not a list'],
    [{ memory: 5 }, 'memory is no name of a configuration', 'did you mean mem?'],
    [{ mem: '512' }, "mem must be a number, not '512'"],
    [{ mem: 1.5 }, 'mem must be a whole number, not 1.5'],
    [{ mem: -1 }, 'mem must be 0 or more, not -1'],
    [{ disableSandbox: 'yes' }, "disableSandbox must be true or false, not 'yes'"],
    [{ logLevel: 'all' }, "logLevel must be error, warn, info or debug, not 'all'"],
    [{ disk: [{ path: 5 }] }, 'disk[0].path must be a text, not 5'],
    [{ disk: [{ id: 'a' }] }, 'disk[0].path is missing'],
    [{ serial: { type: 'stdout', number: 1 } }, 'serial.number is no name of a configuration'],
    [{ root: ['a'] }, 'root.path is missing'],
  ])('%j is no configuration: %s', (config, message, ...[hint]) => {
    const refused = outcome(() => loadConfig(write(config))) as UserError;

    expect(refused.message).toContain(`configuration '${file}': ${message}`);
    expect([hint, refused.hint]).toContain(hint ?? refused.hint);
  });

  it('is shown where it is no JSON', () => {
    const refused = outcome(() => loadConfig(write('{\n "mem": 1,\n}'))) as UserError;

    expect(refused.message).toMatch(/at position 13 \(line 3 column 1\)$/);
  });

  it('has to be there', async () => {
    await expect(run('--config', join(directory, 'missing'))).rejects.toThrow('cannot be read');
  });

  it('is refused in one line, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = outcome(() => loadConfig(write(value)));
        expect(result instanceof UserError ? result.message : '').not.toMatch(/\n|undefined|NaN/);
      }),
    );
  });
});

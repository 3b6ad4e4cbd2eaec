import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDisk } from '@crosvm/devices';

import { parseCreateQcow2 } from './cli/parse-create-qcow2';
import { createQcow2Command } from './create-qcow2-command';

const MIB = 2 ** 20;

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'create-qcow2-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const file = (name: string): string => join(directory, name);

/** What is in a command line of this program. */
async function create(...args: readonly string[]): Promise<number> {
  const command = await parseCreateQcow2(args);
  if (command.kind !== 'create-qcow2') {
    throw new Error(command.kind);
  }
  return createQcow2Command(command);
}

describe('crosvm create_qcow2', () => {
  it('makes an image of this size', async () => {
    expect(await create(file('disk'), '3M')).toBe(0);

    using disk = openDisk(file('disk'), { readOnly: false, format: 'qcow2' });
    expect(disk.config.sectors).toBe((3 * MIB) / 512);
  });

  it('makes an image on top of another one, as large as that', async () => {
    await create(file('base'), '5242880');
    await create(file('disk'), '--backing_file', file('base'), '--backing_format', 'qcow2');

    const backing = { backing: file('base'), backingFormat: 'qcow2' } as const;
    using disk = openDisk(file('disk'), { readOnly: true, format: 'qcow2', ...backing });
    expect(disk.config.sectors).toBe((5 * MIB) / 512);
  });

  it('writes over nothing', async () => {
    writeFileSync(file('disk'), 'precious');

    await expect(create(file('disk'), '1G')).rejects.toThrow(`'${file('disk')}' exists already`);
  });

  it.each([
    [['disk'], 'no size of the disk is given'],
    [[], 'no path of an image is given'],
    [['disk', '1G', 'more'], "unexpected argument 'more'"],
    [['disk', '1000'], "SIZE must be whole sectors of 512 bytes, not '1000'"],
    [['disk', 'big'], "SIZE must be a whole number of bytes, not 'big'"],
    [['disk', '100T'], "image 'disk' cannot be larger than 64 TiB"],
    [['disk', '--backing_file', '/nowhere'], "backing file '/nowhere' does not exist"],
    [['disk', '--backing_file', '/dev/null'], "backing file '/dev/null' is neither a file nor"],
    [['disk', '--backing_file=x', '--backing_format=vdi'], '--backing_format must be raw or qcow2'],
  ])('refuses %j, and leaves nothing', async (args, message) => {
    await expect(create(...args)).rejects.toThrow(message);
    expect(existsSync('disk')).toBe(false);
  });
});

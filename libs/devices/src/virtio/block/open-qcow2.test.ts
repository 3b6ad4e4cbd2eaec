import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { createQcow2, type NewQcow2 } from '@crosvm/disk';

import { blockConfigSpace } from './config-space';
import type { DiskOptions } from './disk-config';
import { DiskError } from './disk-error';
import { block } from './module';
import { openDisk } from './open-disk';
import { virtio_blk_config } from '@crosvm/virtio-sys';

const MIB = 2 ** 20;

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'open-qcow2-'))));
afterEach(() => rmSync(directory, { recursive: true }));

/** Makes an image. */
function image(name: string, options: Partial<NewQcow2> = {}): string {
  const path = join(directory, name);
  const { bytes, fileBytes } = createQcow2({ virtualBytes: 10 * MIB, ...options });
  writeFileSync(path, bytes);
  truncateSync(path, fileBytes);
  return path;
}

/** What opening an image comes to: its error, if it has one. */
function outcome(path: string, options: Partial<DiskOptions>): unknown {
  try {
    openDisk(path, { readOnly: false, format: 'qcow2', ...options })[Symbol.dispose]();
  } catch (error) {
    return error instanceof DiskError ? [error.code, error.message] : error;
  }
  return 'opened';
}

const OVER = { backing: { name: '/etc/passwd', format: 'raw' } };

describe('a qcow2 disk', () => {
  it('has the size that the image says, and a file that can grow to what it may need', () => {
    using disk = openDisk(image('disk'), { readOnly: false, format: 'qcow2' });

    expect(disk.config).toMatchObject({ sectors: 20480, qcow2: { clusterBytes: 65536 } });
    expect(disk.fds).toHaveLength(2);
    expect(block.fileBytes?.(disk.config)).toBe(10 * MIB + 5 * 65536 + 65536);
  });

  it('discards whole clusters, and not too many at a time', () => {
    const clusters = { clusterBytes: 512, maxFileBytes: MIB, compressed: false };
    using disk = openDisk(image('disk'), { readOnly: false, format: 'qcow2' });
    const large = virtio_blk_config.at(blockConfigSpace(disk.config).buffer);
    const small = virtio_blk_config.at(
      blockConfigSpace({ ...disk.config, qcow2: clusters }).buffer,
    );

    expect([large.discard_sector_alignment, large.max_discard_sectors]).toEqual([128, 0x40_0000]);
    expect([small.discard_sector_alignment, small.max_discard_sectors]).toEqual([1, 0x8000]);
  });

  it('is raw if nobody says that it is qcow2', () => {
    using disk = openDisk(image('disk'), { readOnly: false });

    expect(disk.config).toMatchObject({ sectors: (4 * 65536) / 512 });
    expect(disk.config.qcow2).toBeUndefined();
  });

  it('never opens what the image names', () => {
    const path = image('disk', OVER);

    expect(outcome(path, {})).toEqual(['BACKING', "stands on '/etc/passwd', which is not given"]);
  });

  it('stands on what the user names, whatever the image calls it', () => {
    const backing = join(directory, 'base');
    writeFileSync(backing, 'content');
    using disk = openDisk(image('disk', OVER), { readOnly: false, format: 'qcow2', backing });
    using other = openDisk(image('other', OVER), { readOnly: false, format: 'qcow2', backing });

    expect(disk.config.qcow2?.backing).toEqual({ bytes: 7 });
    expect(disk.fds).toHaveLength(3);
    expect(other.config.qcow2?.backing).toEqual({ bytes: 7 });
    expect(outcome(backing, { format: 'raw' })).toMatchObject(['LOCKED', expect.anything()]);
  });

  it('stands on one file at most', () => {
    const backing = image('base', OVER);
    const over = { backing: { name: 'base', format: 'qcow2' } };
    const options = { backing, backingFormat: 'qcow2' } as const;

    expect(outcome(image('disk', over), options)).toEqual([
      'BACKING',
      `stands on '${backing}', which stands on '/etc/passwd': one file under another is all there can be`,
    ]);
  });

  it.each([
    [{ backing: 'base' }, {}, 'BACKING', 'stands on no other file, but one is given'],
    [{ backing: '/nowhere' }, OVER, 'BACKING', "stands on '/nowhere', which does not exist"],
    [
      { backing: '/nowhere', backingFormat: 'qcow2' },
      OVER,
      'BACKING',
      "says that what it stands on is 'raw', not qcow2",
    ],
    [{ direct: true }, {}, 'BAD_OPTIONS', 'cannot have this: o_direct is for raw images'],
    [
      { blockSize: 4096 },
      { virtualBytes: 512 * 9 },
      'BAD_SIZE',
      'has 4608 bytes, which is no multiple of its blocks of 4096 bytes',
    ],
  ] as const)('is refused with %j', (options, made, code, message) => {
    expect(outcome(image('disk', made), options)).toEqual([code, message]);
  });

  it('is refused where it is none', () => {
    const path = join(directory, 'raw');
    writeFileSync(path, Buffer.alloc(MIB));

    expect(outcome(path, {})).toEqual(['NOT_THIS_FORMAT', 'is no qcow2 image']);
  });
});

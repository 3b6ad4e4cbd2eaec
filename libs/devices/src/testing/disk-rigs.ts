import { virtio_blk_discard_write_zeroes } from '@crosvm/virtio-sys';

import type { FollowCapacity } from '../virtio/block/block';
import type { DiskConfig } from '../virtio/block/disk-config';
import { RawDisk } from '../virtio/block/raw-disk';
import { BlockRig } from './block-rig';
import { FakeDisk } from './fake-disk';
import { pattern, temporaryImage } from './temporary-image';

/** Sectors of the disks of tests. */
export const SECTORS = 64;

/** A writable disk with all that there is. */
export const CONFIG: DiskConfig = {
  sectors: SECTORS,
  readOnly: false,
  sparse: true,
  blockSize: 512,
  id: 'serial-1',
  queues: 1,
};

/** A device over a real file. */
export function imageRig(config: Partial<DiskConfig> = {}) {
  const content = pattern(SECTORS * 512);
  const image = temporaryImage(content);
  const disk = new RawDisk({ image: image.fd.raw, sparse: true });
  const rig = new BlockRig(disk, { ...CONFIG, ...config });
  return { rig, image, content, [Symbol.dispose]: () => image[Symbol.dispose]() };
}

/** A device over nothing. */
export function fakeRig(
  config: Partial<DiskConfig> = {},
  options: { readonly features?: bigint; readonly follow?: FollowCapacity } = {},
) {
  const disk = new FakeDisk();
  return { disk, rig: new BlockRig(disk, { ...CONFIG, ...config }, options) };
}

/** A range to discard or to zero. */
export type Range = readonly [sector: number, sectors: number, flags?: number];

/** What a driver sends for these ranges. */
export function ranges(...list: readonly Range[]): Uint8Array {
  return Buffer.concat(
    list.map(([sector, num_sectors, flags = 0]) =>
      virtio_blk_discard_write_zeroes.from({ sector, num_sectors, flags }),
    ),
  );
}

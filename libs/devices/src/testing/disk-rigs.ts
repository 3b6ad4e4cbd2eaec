import { virtio_blk_discard_write_zeroes } from '@crosvm/virtio-sys';

import type { FollowCapacity } from '../virtio/block/block';
import type { DiskConfig } from '../virtio/block/disk-config';
import { BlockRig } from './block-rig';
import { engineFor, type EngineKind } from './engines';
import { FakeDisk } from './fake-disk';
import { pattern, temporaryImage } from '@crosvm/disk/testing';

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
export function imageRig(kind: EngineKind = 'synchronous', config: Partial<DiskConfig> = {}) {
  const content = pattern(SECTORS * 512);
  const image = temporaryImage(content);
  const engine = engineFor(kind, { image: image.fd.raw, sparse: true });
  const rig = new BlockRig(engine, { ...CONFIG, ...config });
  const dispose = () => {
    rig.block[Symbol.dispose]();
    image[Symbol.dispose]();
  };
  return { rig, image, content, [Symbol.dispose]: dispose };
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

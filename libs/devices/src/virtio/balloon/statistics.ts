import { virtio_balloon_stat } from '@crosvm/virtio-sys';

import type { BufferList } from '../queue/buffer-list';
import { type BalloonStatistics, STATISTICS } from './balloon-state';

/** Most statistics that are read, whatever the guest says: several times as many as there are. */
const MAX_STATISTICS = 64;

/** Reads the statistics of a request. What is unknown is passed over; of two the last counts. */
export function readStatistics(list: BufferList): BalloonStatistics {
  const { size } = virtio_balloon_stat;
  const entry = virtio_balloon_stat.allocate();
  const { buffer } = entry;
  const bytes = new DataView(buffer.buffer, buffer.byteOffset, size);
  const found: Partial<Record<keyof BalloonStatistics, number>> = {};
  for (let index = 0; index < MAX_STATISTICS; index += 1) {
    if (list.read(index * size, size, bytes) < size) {
      break;
    }
    const name = STATISTICS[entry.tag];
    if (name !== undefined) {
      // Exact up to 2^53, which no sane guest has bytes for.
      found[name] = Number(entry.val);
    }
  }
  return found;
}

import type { GuestMemory } from '@crosvm/sys-util';

import type { BufferList } from '../queue/buffer-list';
import { BALLOON_PAGE_BYTES } from './balloon-config';

/** Most pages of one request: Linux and the BSDs name 256, Windows 1024. */
export const MAX_PAGES = 4096;

const NUMBER_BYTES = 4;

/** What became of memory that the guest gave. */
export interface Given {
  /** Bytes that the guest has not. */
  readonly outside: number;
  /** The errno with which the host refused to take some of it; 0 if it took all. */
  readonly errno: number;
}

/** Gives a range back, as far as it is memory: any range, for the guest chose it. */
function giveRange(memory: GuestMemory, at: number, length: number): Given {
  let outside = length;
  let errno = 0;
  for (const region of memory.regions) {
    const from = Math.max(at, region.at);
    const to = Math.min(at + length, region.at + region.size);
    if (from < to) {
      errno = -memory.giveBack(from, to - from) || errno;
      outside -= to - from;
    }
  }
  return { outside, errno };
}

/** Gives back the whole pages of all buffers of a list, whose contents do not matter. */
export function giveBuffers(memory: GuestMemory, list: BufferList): Given {
  let errno = 0;
  for (let index = 0; index < list.count; index += 1) {
    const start = list.guestAddressOf(index);
    const from = Math.ceil(start / BALLOON_PAGE_BYTES) * BALLOON_PAGE_BYTES;
    const end = start + list.lengthOf(index);
    const to = end - (end % BALLOON_PAGE_BYTES);
    if (from < to) {
      errno = giveRange(memory, from, to - from).errno || errno;
    }
  }
  return { outside: 0, errno };
}

/** Numbers of pages that a request names: taken once, then judged and used from here. */
export class PageList {
  readonly #numbers = new Uint32Array(MAX_PAGES);
  readonly #bytes = new DataView(this.#numbers.buffer);
  #count = 0;

  /** Takes the numbers of a request, up to `MAX_PAGES`; what is behind them means nothing. */
  take(list: BufferList): void {
    const length = Math.min(list.total, MAX_PAGES * NUMBER_BYTES);
    // Bytes stay in their order, and the host is little-endian like the device.
    this.#count = Math.floor(list.read(0, length, this.#bytes) / NUMBER_BYTES);
  }

  /** Gives the pages back, in as few calls as they have runs. */
  giveBack(memory: GuestMemory): Given {
    const numbers = this.#numbers.subarray(0, this.#count).sort();
    let outside = 0;
    let errno = 0;
    for (let index = 0; index < numbers.length;) {
      const first = numbers[index] ?? 0;
      let end = first + 1;
      for (index += 1; (numbers[index] ?? Infinity) <= end; index += 1) {
        end = (numbers[index] ?? 0) + 1;
      }
      const length = (end - first) * BALLOON_PAGE_BYTES;
      const given = giveRange(memory, first * BALLOON_PAGE_BYTES, length);
      outside += given.outside;
      errno = given.errno || errno;
    }
    return { outside, errno };
  }
}

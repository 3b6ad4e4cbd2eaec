import { alignUp, fits, type HostAddress } from '@crosvm/data-model';

import { MADV_COLLAPSE, SEEK_DATA, SEEK_HOLE } from './abi/files';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { Errno } from './sys-error';

/** Bytes of a huge page, on x86-64 and on arm64 with pages of 4 KiB. */
export const HUGE_PAGE_SIZE = 2 * 1024 ** 2;

/** Most places of one turn that are looked at: some microseconds each. */
const LOOKS_PER_TURN = 64;
/** Most pages of one turn that are made: some tenths of a millisecond each, or more on busy CPUs. */
const PAGES_PER_TURN = 2;

/** Between turns while there is something to do, and the most that it becomes while there is not. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** A page was in use, or there was no memory: another time it may be otherwise. madvise(2). */
const TRANSIENT: ReadonlySet<number> = new Set([Errno.EAGAIN, Errno.EBUSY, Errno.ENOMEM]);

/** What is asked of the kernel about a memfd; an offset is of the memfd, in bytes. */
export interface HugePageCalls {
  /** Where pages are next, at `offset` or behind it; undefined if nowhere. */
  nextPage(offset: number): number | undefined;
  /** Where pages are missing next. */
  nextHole(offset: number): number;
  /**
   * Makes a huge page of HUGE_PAGE_SIZE bytes at `host`.
   * `later` if the kernel cannot now, `never` if it does not make one here.
   */
  collapse(host: HostAddress): 'done' | 'later' | 'never';
}

/** A part of a memfd, mapped so that it can have huge pages. */
export interface HugePageRegion {
  /** In the memfd, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Where it is mapped. */
  readonly host: HostAddress;
}

/**
 * Makes huge pages of a memfd's small ones where a whole huge page of them is in use: what the kernel
 * does with private memory by itself, and with a memfd only where its administrator said so. Memory
 * that nobody has used stays unused.
 *
 * It goes over the memory again and again, a little each turn, and takes its time where there is
 * nothing to be found. To be asked for turns on one thread.
 */
export class HugePageMaker {
  readonly #regions: readonly HugePageRegion[];
  readonly #calls: HugePageCalls;
  /** By number of the huge page in the memfd: it was made, or will never be. */
  readonly #made: Uint8Array;
  #at = 0;
  /** No page is missing before this, behind the place that was looked at last; as it was found in this pass. */
  #hole = 0;
  #isPossible = false;
  #found = false;
  #pauseMs = SHORTEST_PAUSE_MS;

  constructor(regions: readonly HugePageRegion[], calls: HugePageCalls) {
    const end = regions.reduce((most, { offset, size }) => Math.max(most, offset + size), 0);
    this.#regions = regions;
    this.#calls = calls;
    this.#made = new Uint8Array(Math.ceil(end / HUGE_PAGE_SIZE));
  }

  /** Does a little. Returns after how many milliseconds to come again; undefined: never. */
  turn(): number | undefined {
    let tries = 0;
    for (let looks = 0; looks < LOOKS_PER_TURN && tries < PAGES_PER_TURN; looks += 1) {
      const place = this.#nextPlace();
      if (place === undefined) {
        return this.#passEnded();
      }
      const host = this.#isWanted(place) ? this.#hostOf(place) : undefined;
      if (host !== undefined) {
        tries += 1;
        if (!this.#make(place, host)) {
          return undefined;
        }
      }
    }
    return SHORTEST_PAUSE_MS;
  }

  /** The next place with a page of any size; undefined at the end. */
  #nextPlace(): number | undefined {
    const page = this.#calls.nextPage(this.#at);
    const place = page === undefined ? Infinity : alignUp(page, HUGE_PAGE_SIZE);
    // What is passed over has no pages at all, or some are missing: whatever was made there is gone.
    this.#made.fill(0, this.#at / HUGE_PAGE_SIZE, place / HUGE_PAGE_SIZE);
    this.#at = place + HUGE_PAGE_SIZE;
    return place < this.#made.length * HUGE_PAGE_SIZE ? place : undefined;
  }

  /**
   * Whether all of a place is in use and it has no huge page. The answer is fresh: a page that was given
   * back (`GuestMemory.giveBack`) must not come again.
   */
  #isWanted(place: number): boolean {
    const end = place + HUGE_PAGE_SIZE;
    if (this.#made[place / HUGE_PAGE_SIZE] === 0) {
      return this.#calls.nextHole(place) >= end;
    }
    if (this.#hole < end) {
      this.#hole = this.#calls.nextHole(place);
    }
    if (this.#hole < end) {
      // Some of it was given back: it has small pages again, and may be in use as a whole another time.
      this.#made[place / HUGE_PAGE_SIZE] = 0;
    }
    return false;
  }

  /** Where a place is mapped; undefined if not all of it is in one region. */
  #hostOf(place: number): HostAddress | undefined {
    const region = this.#regions.find(({ offset, size }) =>
      fits(place - offset, HUGE_PAGE_SIZE, size),
    );
    return region === undefined ? undefined : region.host + (place - region.offset);
  }

  /** Makes a page. False if there is no hope: then none of them was ever made. */
  #make(place: number, host: HostAddress): boolean {
    const result = this.#calls.collapse(host);
    if (result !== 'later') {
      this.#made[place / HUGE_PAGE_SIZE] = 1;
    }
    this.#found ||= result === 'done';
    this.#isPossible ||= result === 'done';
    return this.#isPossible || result !== 'never';
  }

  #passEnded(): number {
    const pause = this.#pauseMs;
    this.#pauseMs = this.#found ? SHORTEST_PAUSE_MS : Math.min(2 * pause, LONGEST_PAUSE_MS);
    this.#at = 0;
    this.#hole = 0;
    this.#found = false;
    return this.#pauseMs;
  }
}

/** What Linux says of a memfd that is mapped as `Mapping.ofHugeFd` does it, and as long as it is. */
export function memfdCalls(fd: number): HugePageCalls {
  return {
    nextPage: (offset) => {
      const at = libc.lseek(fd, offset, SEEK_DATA);
      return at < 0 ? undefined : at;
    },
    nextHole: (offset) => libc.lseek(fd, offset, SEEK_HOLE),
    collapse: (host) => {
      // SAFETY: it is mapped, by the contract above; what is in it stays as it is.
      if (libc.madvise(host, HUGE_PAGE_SIZE, MADV_COLLAPSE) === 0) {
        return 'done';
      }
      return TRANSIENT.has(lastErrno()) ? 'later' : 'never';
    },
  };
}

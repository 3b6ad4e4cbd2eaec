import { fstatSync } from 'node:fs';

import { GuestMemory } from './guest-memory';
import { HUGE_PAGE_SIZE, type HugePageCalls, HugePageMaker } from './huge-pages';
import { Mapping } from './mapping';
import { SharedMemory } from './shared-memory';

const MIB = 1024 ** 2;
const HOST = 0x7000_0000_0000;

/** Memory of which certain huge pages are in use, all of each; makes some pages, and notes which. */
class FakeMemory implements HugePageCalls {
  readonly made: number[] = [];
  readonly tried: number[] = [];
  answer: ReturnType<HugePageCalls['collapse']> = 'done';
  /** Those of them in the middle of which a small page is missing. */
  readonly holes: number[] = [];

  constructor(private readonly used: readonly number[]) {}

  nextPage(offset: number): number | undefined {
    const inside = this.used.includes(Math.floor(offset / HUGE_PAGE_SIZE));
    const next = this.used.find((page) => page * HUGE_PAGE_SIZE >= offset);
    return inside ? offset : next === undefined ? undefined : next * HUGE_PAGE_SIZE;
  }

  nextHole(offset: number): number {
    let page = Math.floor(offset / HUGE_PAGE_SIZE);
    while (this.used.includes(page) && !this.holes.includes(page)) {
      page += 1;
    }
    return page * HUGE_PAGE_SIZE + (this.holes.includes(page) ? HUGE_PAGE_SIZE / 2 : 0);
  }

  collapse(host: number): ReturnType<HugePageCalls['collapse']> {
    const page = (host - HOST) / HUGE_PAGE_SIZE;
    this.tried.push(page);
    this.made.push(...(this.answer === 'done' ? [page] : []));
    return this.answer;
  }
}

function makerOf(calls: HugePageCalls, pages: number): HugePageMaker {
  return new HugePageMaker([{ offset: 0, size: pages * HUGE_PAGE_SIZE, host: HOST }], calls);
}

/** Takes turns; returns what each asked for. */
function turns(maker: HugePageMaker, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => maker.turn());
}

describe('HugePageMaker', () => {
  it('makes those that are in use, each once, a few each turn', () => {
    const memory = new FakeMemory([1, 2, 3, 7]);
    const maker = makerOf(memory, 8);
    maker.turn();
    expect(memory.made).toEqual([1, 2]);
    turns(maker, 10);
    expect(memory.made).toEqual([1, 2, 3, 7]);
  });

  it('finds what comes into use later', () => {
    const used = [1];
    const memory = new FakeMemory(used);
    const maker = makerOf(memory, 8);
    turns(maker, 3);
    used.push(4);
    turns(maker, 3);
    expect(memory.made).toEqual([1, 4]);
  });

  it('comes less and less often while there is nothing to do, and often again after that', () => {
    const used: number[] = [];
    const maker = makerOf(new FakeMemory(used), 8);
    expect(turns(maker, 9)).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    used.push(2);
    expect(turns(maker, 2)).toEqual([100, 200]);
  });

  it('tries again where the kernel could not', () => {
    const memory = new FakeMemory([5]);
    const maker = makerOf(memory, 8);
    memory.answer = 'later';
    turns(maker, 2);
    memory.answer = 'done';
    turns(maker, 2);
    expect(memory.tried).toEqual([5, 5, 5]);
    expect(memory.made).toEqual([5]);
  });

  it('ends where the kernel makes none', () => {
    const memory = new FakeMemory([1, 2]);
    memory.answer = 'never';
    expect(makerOf(memory, 8).turn()).toBeUndefined();
    expect(memory.tried).toEqual([1]);
  });

  it('leaves alone what is refused once others were made', () => {
    const memory = new FakeMemory([1, 2, 3]);
    const maker = makerOf(memory, 8);
    maker.turn();
    memory.answer = 'never';
    expect(turns(maker, 4)).not.toContain(undefined);
    expect(memory.tried).toEqual([1, 2, 3]);
  });

  it('makes those again that were given back and came into use again', () => {
    const used = [1, 2, 3, 6];
    const memory = new FakeMemory(used);
    const maker = makerOf(memory, 8);
    turns(maker, 4);
    used.splice(1, 3);
    turns(maker, 4);
    expect(memory.made).toEqual([1, 2, 3, 6]);
    used.push(2, 6);
    turns(maker, 4);
    expect(memory.made).toEqual([1, 2, 3, 6, 2, 6]);
  });

  it('makes it again where some of a page was given back and came into use again', () => {
    const memory = new FakeMemory([1, 2, 3]);
    const maker = makerOf(memory, 8);
    turns(maker, 3);
    memory.holes.push(2);
    turns(maker, 3);
    expect(memory.made).toEqual([1, 2, 3]);
    memory.holes.pop();
    turns(maker, 3);
    expect(memory.made).toEqual([1, 2, 3, 2]);
  });

  it('makes none that is not all in one region', () => {
    const memory = new FakeMemory([0, 1, 2, 3]);
    const size = 1.5 * HUGE_PAGE_SIZE;
    const regions = [
      { offset: 0, size, host: HOST },
      { offset: size, size: 2 * HUGE_PAGE_SIZE, host: HOST + size },
    ];
    turns(new HugePageMaker(regions, memory), 5);
    expect(memory.made).toEqual([0, 2]);
  });
});

describe('huge pages of guest memory', () => {
  it('have what the small ones had', () => {
    const memory = GuestMemory.create([
      { at: 0, size: 3 * MIB },
      { at: 16 * MIB, size: 9 * MIB },
    ]);
    memory.fill(0, 3 * MIB, 0x5a);
    memory.fill(16 * MIB, 9 * MIB, 0xa5);
    turns(memory.hugePages(), 5);
    expect(new Set(memory.read(0, 3 * MIB))).toEqual(new Set([0x5a]));
    expect(new Set(memory.read(16 * MIB, 9 * MIB))).toEqual(new Set([0xa5]));
  });

  it('do not undo what was given back', () => {
    const memory = GuestMemory.create([{ at: 0, size: 8 * MIB }]);
    const maker = memory.hugePages();
    const blocks = (): number => fstatSync(memory.fd.raw).blocks;
    memory.fill(0, 8 * MIB, 1);
    turns(maker, 8);
    for (let at = 0; at < 8 * MIB; at += 8192) {
      memory.giveBack(at, 4096);
    }
    const half = blocks();
    turns(maker, 8);
    expect(blocks()).toBe(half);
    expect(half).toBe((4 * MIB) / 512);
  });

  it('are possible wherever in a file a mapping begins', () => {
    using memory = SharedMemory.create('test', 8 * MIB);
    using mapping = Mapping.ofHugeFd(memory.fd.raw, { size: 4 * MIB, offset: 3 * MIB });
    using whole = memory.map();
    expect(mapping.address % HUGE_PAGE_SIZE).toBe(MIB);
    mapping.bytes[0] = 1;
    mapping.bytes[4 * MIB - 1] = 2;
    expect([whole.bytes[3 * MIB], whole.bytes[7 * MIB - 1]]).toEqual([1, 2]);
  });
});

import { ALL_FEATURES, BalloonRig, NO_REPORTS, PAGE, Queue } from '../../testing/balloon-rig';
import { HIGH_BYTES, HIGH_MEMORY } from '../testing/test-queue';
import { MAX_PAGES } from './page-list';

const HIGH_PAGE = HIGH_MEMORY / PAGE;
const HIGH_PAGES = HIGH_BYTES / PAGE;

const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

describe('a balloon that is filled', () => {
  it('gives the pages to the host, and they are zero when the guest uses them again', () => {
    const rig = BalloonRig.active();
    rig.use(0x10, 8);
    rig.use(HIGH_PAGE, 8);
    const before = rig.pagesInUse;

    const used = rig.name(Queue.inflate, [0x12, HIGH_PAGE + 3, 0x10, 0x13, HIGH_PAGE]);

    expect(used).toEqual([{ id: 0, len: 0 }]);
    expect(rig.pagesInUse).toBe(before - 5);
    const first = (page: number): number => rig.memory.readU8(page * PAGE);
    expect(range(0x10, 5).map(first)).toEqual([0, 0xaa, 0, 0, 0xaa]);
    expect(range(HIGH_PAGE, 5).map(first)).toEqual([0, 0xaa, 0xaa, 0, 0xaa]);
  });

  it('takes any number of pages that are named again and again', () => {
    const rig = BalloonRig.active();
    rig.use(0x10, 2);
    const before = rig.pagesInUse;
    rig.name(Queue.inflate, [0x11, 0x11, 0x11, 0x10, 0x11]);
    rig.name(Queue.inflate, [0x11]);

    expect(rig.pagesInUse).toBe(before - 2);
    expect(rig.log).toEqual([]);
  });

  it('leaves memory that the guest has not, and says so', () => {
    const rig = BalloonRig.active();
    rig.use(HIGH_PAGE + HIGH_PAGES - 1, 1);
    const before = rig.pagesInUse;
    const outside = [0x100, HIGH_PAGE - 1, HIGH_PAGE + HIGH_PAGES, 0xffff_ffff];

    const used = rig.name(Queue.inflate, [...outside, HIGH_PAGE + HIGH_PAGES - 1]);

    expect(used).toHaveLength(1);
    expect(rig.pagesInUse).toBe(before - 1);
    expect(rig.log.map(({ message }) => message)).toEqual([
      `the guest gave ${4 * PAGE} bytes of memory that it has not`,
    ]);
  });

  it('looks at no more pages of a request than it has room for', () => {
    const rig = BalloonRig.active();
    rig.use(HIGH_PAGE, MAX_PAGES + 1);
    const before = rig.pagesInUse;

    rig.name(Queue.inflate, range(HIGH_PAGE, MAX_PAGES + 1));

    // One more for what the driver wrote.
    expect(before - rig.pagesInUse).toBeLessThanOrEqual(MAX_PAGES);
    expect(rig.memory.readU8((HIGH_PAGE + MAX_PAGES - 1) * PAGE)).toBe(0);
    expect(rig.memory.readU8((HIGH_PAGE + MAX_PAGES) * PAGE)).toBe(0xaa);
  });

  it('ignores a number that is cut off, and what it is given to write to', () => {
    const rig = BalloonRig.active();
    rig.use(0x10, 3);
    const driver = rig.driver(Queue.inflate);
    const numbers = driver.place(Uint8Array.of(0x10, 0, 0, 0, 0x11, 0));
    driver.add(
      [
        { at: numbers, length: 6 },
        { at: 0x1_2000, length: PAGE, writable: true },
      ],
      [{ at: 0x1_2000, length: PAGE, writable: true }],
    );

    expect(rig.serve(Queue.inflate)).toHaveLength(2);
    expect(range(0x10, 3).map((page) => rig.memory.readU8(page * PAGE))).toEqual([0, 0xaa, 0xaa]);
  });

  it('does a bounded amount of work at a time', () => {
    const rig = BalloonRig.active();
    const driver = rig.driver(Queue.inflate);
    const chain = [{ at: driver.place(Uint8Array.of(0x10, 0, 0, 0)), length: 4 }];
    driver.add(...range(0, 12).map(() => chain));

    expect(rig.balloon.handleQueue(Queue.inflate)).toBe(true);
    expect(driver.collectUsed()).toHaveLength(8);
    expect(rig.balloon.handleQueue(Queue.inflate)).toBe(false);
    expect(driver.collectUsed()).toHaveLength(4);
  });
});

describe('a balloon that is emptied', () => {
  it('needs nothing of the host', () => {
    const rig = BalloonRig.active();
    rig.use(0x10, 1);
    const before = rig.pagesInUse;

    expect(rig.name(Queue.deflate, [0x10, 0xffff_ffff])).toEqual([{ id: 0, len: 0 }]);
    expect(rig.memory.readU8(0x10 * PAGE)).toBe(0xaa);
    expect(rig.pagesInUse).toBe(before);
  });
});

describe('free pages that are reported', () => {
  it.each([Queue.reporting, 3])('are given to the host, whole pages only, by queue %d', (index) => {
    const rig = BalloonRig.active();
    rig.use(0x10, 4);
    rig.use(HIGH_PAGE, 600);
    const before = rig.pagesInUse;
    rig.driver(index).add([
      { at: 0x1_0001, length: 3 * PAGE, writable: true },
      { at: HIGH_MEMORY, length: 512 * PAGE, writable: true },
      { at: HIGH_MEMORY + 520 * PAGE, length: 10, writable: true },
    ]);

    expect(rig.serve(index)).toEqual([{ id: 0, len: 0 }]);
    expect(rig.pagesInUse).toBe(before - 2 - 512);
    expect(range(0x10, 4).map((page) => rig.memory.readU8(page * PAGE))).toEqual([
      0xaa, 0, 0, 0xaa,
    ]);
    expect(rig.memory.readU8(HIGH_MEMORY + 512 * PAGE)).toBe(0xaa);
  });

  it('are memory that is to be written, else they stay', () => {
    const rig = BalloonRig.active();
    rig.use(0x10, 1);
    rig.driver(Queue.reporting).add([{ at: 0x1_0000, length: PAGE }]);
    rig.serve(Queue.reporting);

    expect(rig.memory.readU8(0x1_0000)).toBe(0xaa);
  });
});

describe('the size of a balloon', () => {
  it('is told to the driver, and what the driver says is kept', () => {
    const rig = BalloonRig.active();
    const set = rig.command({ kind: 'set-balloon', pages: 0x1234 });
    rig.balloon.writeConfig?.(4, Uint8Array.of(0x11, 0x12, 0, 0));
    rig.balloon.writeConfig?.(5, Uint8Array.of(0x10));
    const state = rig.command({ kind: 'balloon-state' });

    expect(set).toEqual([{ target: 0x1234, actual: 0, hasDriver: true }]);
    expect(state).toEqual([{ target: 0x1234, actual: 0x1011, hasDriver: true }]);
    expect(rig.configSpace.updated).toEqual([[0, 0x34, 0x12, 0, 0]]);
    expect(rig.configSpace.stored).toEqual([
      [4, 0x11, 0x12, 0, 0],
      [5, 0x10],
    ]);
  });

  it('can be set before there is a driver, and outlives it; what it gave does not', () => {
    const rig = new BalloonRig();
    rig.command({ kind: 'set-balloon', pages: 7 });
    rig.activate();
    rig.balloon.writeConfig?.(4, Uint8Array.of(7, 0, 0, 0));
    rig.balloon.reset();

    expect(rig.command({ kind: 'balloon-state' })).toEqual([
      { target: 7, actual: 0, hasDriver: false },
    ]);
    expect(rig.configSpace.stored.at(-1)).toEqual([4, 0, 0, 0, 0]);
    expect(rig.command({ kind: 'resize-disk', bytes: 1 })).toEqual([undefined]);
  });

  it('does nothing for queues after a reset', () => {
    const rig = BalloonRig.active();
    rig.balloon.reset();

    expect([0, 1, 2, 3, 4].map((index) => rig.name(index, [1]))).toEqual([[], [], [], [], []]);
  });
});

describe('the module', () => {
  it('has queues that report where they are asked for', () => {
    expect(NO_REPORTS).toBe(0b110n);
    expect(ALL_FEATURES).toBe(0b100110n);
  });
});

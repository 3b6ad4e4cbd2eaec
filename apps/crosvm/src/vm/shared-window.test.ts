import { createPipe, Errno, sealedMemory, SharedMemory, SysError } from '@crosvm/sys-util';
import fc from 'fast-check';

import { type MemorySlots, SharedWindow } from './shared-window';

const PAGE = 4096;
const AT = 0x1_0000_0000;
const FIRST_SLOT = 2;

/** A VM that keeps the books of its slots, and refuses what KVM refuses. */
class FakeVm implements MemorySlots {
  readonly slots = new Map<number, { at: number; size: number; readOnly: boolean }>();
  refuses = false;

  setUserMemoryRegion(slot: number, { at, size }: { at: number; size: number }, flags = 0): void {
    const overlaps = [...this.slots.values()].some(
      (other) => at < other.at + other.size && other.at < at + size,
    );
    if (this.refuses || overlaps || this.slots.has(slot) || size % PAGE !== 0 || size === 0) {
      throw new SysError('ioctl(KVM_SET_USER_MEMORY_REGION)', Errno.EINVAL);
    }
    this.slots.set(slot, { at, size, readOnly: flags === 2 });
  }

  removeUserMemoryRegion(slot: number): void {
    if (!this.slots.delete(slot)) {
      throw new SysError('ioctl(KVM_SET_USER_MEMORY_REGION)', Errno.EINVAL);
    }
  }
}

function rig({ pages = 8, slots = 4 } = {}) {
  const vm = new FakeVm();
  const window = { at: AT, size: pages * PAGE };
  return { vm, shared: new SharedWindow(vm, { window, firstSlot: FIRST_SLOT, slots }) };
}

/** Asks for memory, and gives what was granted without its descriptor. */
function allocate(shared: SharedWindow, size: number) {
  const made = shared.allocate(size);
  made?.fd.close();
  return made?.memory;
}

describe('memory that a device shows its guest', () => {
  it('is made, in whole pages, at the lowest addresses of the window', () => {
    const { vm, shared } = rig();

    const granted = [5000, 1].map((size) => allocate(shared, size));

    expect(granted).toEqual([
      { region: 0, address: AT, size: 5000, readOnly: false },
      { region: 1, address: AT + 2 * PAGE, size: 1, readOnly: false },
    ]);
    expect([...vm.slots]).toEqual([
      [2, { at: AT, size: 2 * PAGE, readOnly: false }],
      [3, { at: AT + 2 * PAGE, size: PAGE, readOnly: false }],
    ]);
  });

  it('is the very memory whose descriptor is given', () => {
    const { shared } = rig();
    const made = shared.allocate(PAGE);

    expect(sealedMemory(made?.fd.raw ?? -1)).toEqual({ size: PAGE, readOnly: false });
    made?.fd.close();
  });

  it('leaves its slot and its addresses to what comes next', () => {
    const { vm, shared } = rig();
    [1, 2, 3].forEach((pages) => allocate(shared, pages * PAGE));

    const released = [shared.release(1), shared.release(1), shared.release(7)];

    expect(released).toEqual([true, false, false]);
    expect(allocate(shared, 3 * PAGE)).toBeUndefined();
    expect(allocate(shared, 2 * PAGE)).toMatchObject({ region: 1, address: AT + PAGE });
    expect(vm.slots.size).toBe(3);
  });

  it.each([
    ['nothing', 0],
    ['less than nothing', -PAGE],
    ['a part of a byte', 0.5],
    ['more than the window', 9 * PAGE],
    ['terabytes', 2 ** 44],
    ['more than can be counted', 2 ** 60],
  ])('is not there for %s', (_, size) => {
    const { vm, shared } = rig();

    expect(allocate(shared, size)).toBeUndefined();
    expect(vm.slots.size).toBe(0);
  });

  it('is as many regions as there are slots', () => {
    const { shared } = rig();

    const granted = [1, 2, 3, 4, 5].map((size) => allocate(shared, size)?.region);

    expect(granted).toEqual([0, 1, 2, 3, undefined]);
  });

  it('is refused when KVM refuses, and can be had later', () => {
    const { vm, shared } = rig();
    vm.refuses = true;
    const refused = allocate(shared, PAGE);
    vm.refuses = false;

    expect(refused).toBeUndefined();
    expect(allocate(shared, PAGE)?.region).toBe(0);
  });

  it('may come from elsewhere if nobody can shrink it', () => {
    const { vm, shared } = rig();
    using memory = SharedMemory.create('keymap', 5000);

    expect(shared.share(memory.fd.raw)).toEqual({
      region: 0,
      address: AT,
      size: 5000,
      readOnly: false,
    });
    expect(vm.slots.get(FIRST_SLOT)?.size).toBe(2 * PAGE);
  });

  it('is refused if it is anything else', () => {
    const { vm, shared } = rig();
    const { reader, writer } = createPipe();
    using empty = SharedMemory.create('empty', 0);
    using large = SharedMemory.create('large', 9 * PAGE);

    const granted = [reader.raw, empty.fd.raw, large.fd.raw, -1].map((fd) => shared.share(fd));
    [reader, writer].forEach((fd) => fd.close());

    expect(granted).toEqual([undefined, undefined, undefined, undefined]);
    expect(vm.slots.size).toBe(0);
  });

  it('never overlaps, and never leaves its window and slots, whatever is asked for', () => {
    const ask = fc.oneof(
      fc.record({ size: fc.integer({ min: 0, max: 10 * PAGE }) }),
      fc.record({ release: fc.integer({ min: 0, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 60 }), (asked) => {
        const { vm, shared } = rig();
        asked.forEach((each) =>
          'size' in each ? allocate(shared, each.size) : shared.release(each.release),
        );
        const outside = [...vm.slots].filter(
          ([slot, { at, size }]) =>
            slot < FIRST_SLOT || slot >= FIRST_SLOT + 4 || at < AT || at + size > AT + 8 * PAGE,
        );
        // What overlaps the fake VM refuses; then it would not be granted.
        expect(outside).toEqual([]);
        [0, 1, 2, 3].forEach((region) => shared.release(region));
        expect(vm.slots.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

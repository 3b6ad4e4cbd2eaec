import { HOLE_END, HOLE_START } from './layout';
import { MAX_MEMORY_SIZE, memoryRegions, sharedMemoryWindow } from './memory-regions';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

describe('memoryRegions', () => {
  it('is one region up to the 32-bit hole', () => {
    expect(memoryRegions(256 * MiB)).toEqual([{ at: 0, size: 256 * MiB }]);
    expect(memoryRegions(3 * GiB)).toEqual([{ at: 0, size: HOLE_START }]);
  });

  it('goes on above the hole', () => {
    expect(memoryRegions(8 * GiB)).toEqual([
      { at: 0, size: HOLE_START },
      { at: HOLE_END, size: 5 * GiB },
    ]);
    expect(memoryRegions(3 * GiB + 4096)).toEqual([
      { at: 0, size: HOLE_START },
      { at: HOLE_END, size: 4096 },
    ]);
  });

  it.each([0, -4096, NaN, Infinity, MiB, 256 * MiB + 1, MAX_MEMORY_SIZE + 4096])(
    'refuses %p bytes',
    (size) => {
      expect(() => memoryRegions(size)).toThrow(RangeError);
    },
  );
});

describe('sharedMemoryWindow', () => {
  it.each([
    [256 * MiB, 4 * GiB],
    [3 * GiB, 4 * GiB],
    [5 * GiB, 5 * GiB],
    [5 * GiB + 4096, 6 * GiB],
  ])('is behind memory that ends at %d, at a whole GiB', (end, at) => {
    expect(sharedMemoryWindow(end)).toEqual({ at, size: GiB });
  });
});

import { guestDiskName } from './guest-disk-name';

describe('guestDiskName', () => {
  test.each([
    [0, 'vda'],
    [1, 'vdb'],
    [25, 'vdz'],
    [26, 'vdaa'],
    [51, 'vdaz'],
    [52, 'vdba'],
    [701, 'vdzz'],
    [702, 'vdaaa'],
  ])('of disk %d is %s', (index, name) => {
    expect(guestDiskName(index)).toBe(name);
  });
});

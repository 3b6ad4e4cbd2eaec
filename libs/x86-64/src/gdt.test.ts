import { GuestMemory } from '@crosvm/sys-util';

import {
  BOOT_CS,
  BOOT_DS,
  codeSegment,
  dataSegment,
  GDT_LIMIT,
  taskSegment,
  writeGdt,
} from './gdt';
import { GDT_ADDRESS } from './layout';

const memory = GuestMemory.create([{ at: 0, size: 0x1000 }]);

describe('the GDT', () => {
  it("has the boot protocol's descriptors where the selectors say", () => {
    memory.fill(GDT_ADDRESS, 0x100, 0xff);
    writeGdt(memory);
    const entry = (selector: number) => memory.readU64(GDT_ADDRESS + selector).toString(16);
    expect(entry(0)).toBe('0');
    expect(entry(8)).toBe('0');
    // As Linux has them itself: GDT_ENTRY_BOOT_CS, GDT_ENTRY_BOOT_DS in arch/x86/boot/pm.c.
    expect(entry(BOOT_CS)).toBe('af9b000000ffff');
    expect(entry(BOOT_DS)).toBe('cf93000000ffff');
    expect(entry(taskSegment.selector!)).toBe('8b0000000067');
    expect(entry(GDT_LIMIT - 7)).toBe('0');
  });

  it('says the same in the hidden parts of the segment registers', () => {
    expect(codeSegment).toMatchObject({ selector: 0x10, limit: 0xffff_ffff, l: 1, db: 0, s: 1 });
    expect(dataSegment).toMatchObject({ selector: 0x18, limit: 0xffff_ffff, l: 0, db: 1, type: 3 });
    expect(taskSegment).toMatchObject({ limit: 0x67, s: 0, g: 0, type: 11, present: 1 });
  });
});

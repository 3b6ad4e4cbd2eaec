import { configImage, ConfigSpace, register } from './config-space';
import { barParts, placeCapabilities } from './header';

function space(): ConfigSpace {
  const image = configImage([register(0x10, 4, 0x1122_3344, 0x00ff_f000), register(0xfc, 4, 7)]);
  const made = new ConfigSpace(new Uint8Array(256), image);
  made.reset();
  return made;
}

describe('ConfigSpace', () => {
  it('changes the bits that can be written, in any width', () => {
    const config = space();
    config.write(0x10, 4, 0xffff_ffff);
    expect(config.read(0x10, 4)).toBe(0x11ff_f344);
    config.write(0x11, 1, 0x0f);
    config.write(0x12, 2, 0);
    expect(config.read(0x10, 4)).toBe(0x1100_0344);
    config.reset();
    expect(config.read(0x10, 4)).toBe(0x1122_3344);
  });

  it('reads zero where nothing is declared', () => {
    const config = space();
    config.write(0x80, 4, 0xffff_ffff);
    expect(config.read(0x80, 4)).toBe(0);
  });

  it('answers all ones outside and takes nothing there', () => {
    const config = space();
    config.write(0xfe, 4, 0);
    config.write(-1, 1, 0);
    expect([config.read(0xfe, 4), config.read(0x100, 1), config.read(-2, 2)]).toEqual([
      0xffff_ffff, 0xff, 0xffff,
    ]);
    expect(config.read(0xfc, 4)).toBe(7);
  });
});

describe('a declaration', () => {
  it('must not overlap another one, nor end outside', () => {
    expect(() => configImage([register(4, 4, 0), register(6, 2, 0)])).toThrow(RangeError);
    expect(() => configImage([register(0xfe, 4, 0)])).toThrow(RangeError);
  });

  it('of a BAR has a power of two bytes and two registers', () => {
    expect(() => barParts({ index: 0, size: 0x3000 })).toThrow(RangeError);
    expect(() => barParts({ index: 0, size: 8 })).toThrow(RangeError);
    expect(() => barParts({ index: 5, size: 0x1000 })).toThrow(RangeError);
    const image = configImage(barParts({ index: 4, size: 2 ** 31 }));
    expect([...image.writable.subarray(0x20, 0x28)]).toEqual([0, 0, 0, 0x80, 255, 255, 255, 255]);
  });

  it('of capabilities links them, each at a multiple of 4', () => {
    const { parts, offsets } = placeCapabilities([
      { content: Uint8Array.of(9, 0, 5, 1, 2) },
      { content: Uint8Array.of(0x11, 0) },
    ]);
    const { content } = configImage(parts);
    expect(offsets).toEqual([0x40, 0x48]);
    expect([content[0x34], content[0x41], content[0x49], content[6]]).toEqual([
      0x40, 0x48, 0, 0x10,
    ]);
    expect(placeCapabilities([]).offsets).toEqual([]);
  });
});

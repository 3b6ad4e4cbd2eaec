import fc from 'fast-check';

import {
  buffer,
  device,
  eisaId,
  integer,
  name,
  namePath,
  packageLength,
  packageOf,
  scope,
} from './aml';
import { decodeInteger, decodePackageLength } from './testing/decode-aml';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('packageLength', () => {
  it.each([
    [0, '01'],
    [62, '3f'],
    [63, '4104'],
    [4093, '4fff'],
    [4094, '810001'],
    [0xf_ffff - 3, '8fffff'],
    [0xf_ffff - 2, 'c1000001'],
    [0xfff_ffff - 4, 'cfffffff'],
  ])('encodes %i bytes as %s, counting itself', (body, bytes) => {
    expect(hex(packageLength(body))).toBe(bytes);
  });

  it('refuses what 28 bits cannot hold', () => {
    expect(() => packageLength(0xfff_ffff - 3)).toThrow(RangeError);
  });

  it('decodes to the length of body and encoding', () => {
    fc.assert(
      fc.property(fc.nat(0xfff_ffff - 4), (body) => {
        const encoded = packageLength(body);
        const decoded = decodePackageLength(encoded);
        expect(decoded).toEqual({ length: body + encoded.length, size: encoded.length });
      }),
    );
  });
});

describe('integer', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [2, '0a02'],
    [0xff, '0aff'],
    [0x100, '0b0001'],
    [0xffff, '0bffff'],
    [0x1_0000, '0c00000100'],
    [0xffff_ffff, '0cffffffff'],
    [0x1_0000_0000, '0e0000000001000000'],
  ])('encodes %i in the shortest form', (value, bytes) => {
    expect(hex(integer(value))).toBe(bytes);
  });

  it('decodes to the same number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(decodeInteger(integer(value))).toBe(value);
      }),
    );
  });

  it.each([-1, 1.5, NaN, 2 ** 53])('refuses %p', (value) => {
    expect(() => integer(value)).toThrow(RangeError);
  });
});

describe('namePath', () => {
  it.each([
    ['_HID', '_HID'],
    ['RTC', 'RTC_'],
    ['\\_SB', '\\_SB_'],
    ['^^A', '^^A___'],
    ['\\_SB.PCI0', '\\\x2e_SB_PCI0'],
    ['_SB.PCI0.ISA', '\x2f\x03_SB_PCI0ISA_'],
  ])('encodes %s', (path, expected) => {
    expect(Buffer.from(namePath(path)).toString('latin1')).toBe(expected);
  });

  it.each(['', 'abcd', 'ABCDE', '1ABC', 'A..B', 'A.', '\\', 'A\\B'])('refuses %p', (path) => {
    expect(() => namePath(path)).toThrow(TypeError);
  });
});

describe('eisaId', () => {
  it('compresses letters to 5 bits, big-endian', () => {
    expect(hex(eisaId('PNP0501'))).toBe('0c41d00501');
    expect(hex(eisaId('PNP0A08'))).toBe('0c41d00a08');
  });

  it.each(['PNP050', 'pnp0501', 'PNP050G', 'LNRO0005'])('refuses %s', (id) => {
    expect(() => eisaId(id)).toThrow(TypeError);
  });
});

describe('the objects', () => {
  it('declare a name', () => {
    expect(hex(name('_UID', integer(1)))).toBe('085f55494401');
  });

  it('count the elements of a package', () => {
    expect(hex(packageOf(integer(5), integer(0)))).toBe('120502' + '0a05' + '00');
  });

  it('say how many bytes a buffer has', () => {
    expect(hex(buffer(Uint8Array.of(0x79, 0)))).toBe('1105' + '0a02' + '7900');
  });

  it('nest a device in a scope', () => {
    expect(hex(scope('\\_SB', device('A')))).toBe(
      '100d' + '5c5f53425f' + '5b82' + '05' + '415f5f5f',
    );
  });
});

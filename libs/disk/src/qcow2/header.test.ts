import fc from 'fast-check';

import { ImageError } from '../image-error';
import { createQcow2 } from './create-qcow2';
import { qcow2_header, qcow2_header_v3 } from './format';
import { parseHeader } from './header';

const MIB = 2 ** 20;

/** The first bytes of an image, with these fields of its header changed. */
function headerWith(
  base: Partial<Record<keyof typeof qcow2_header.fields, number>>,
  further: Partial<Record<keyof typeof qcow2_header_v3.fields, number>> = {},
): Uint8Array {
  const bytes = createQcow2({ virtualBytes: MIB }).bytes.slice(0, 65536);
  const view = new DataView(bytes.buffer);
  Object.assign(qcow2_header.over(view, 0), base);
  Object.assign(qcow2_header_v3.over(view, qcow2_header.size), further);
  return bytes;
}

describe('parseHeader', () => {
  it('reads what createQcow2 writes', () => {
    const backing = { name: 'base of it.img', format: 'raw' };
    const { bytes } = createQcow2({ virtualBytes: 5 * MIB, backing, refcountBits: 8 });

    expect(parseHeader(bytes)).toMatchObject({
      version: 3,
      virtualBytes: 5 * MIB,
      clusterBytes: 65536,
      refcountBits: 8,
      l1Entries: 1,
      snapshots: 0,
      backing,
    });
  });

  it.each([
    ['is no qcow2 image', { magic: 0x5146_49fa }],
    ['is a qcow2 image of version 1, which is not known', { version: 1 }],
    ['is encrypted', { crypt_method: 1 }],
    ['is corrupt: clusters of 2^8 bytes', { cluster_bits: 8 }],
    ['is corrupt: clusters of 2^22 bytes', { cluster_bits: 22 }],
    ['has a disk of more than 64 TiB', { size: 65 * 2 ** 40 }],
    ['is corrupt: its L1 table is too small for its size', { l1_size: 0 }],
    ['has an L1 table of more than 32 MiB: its clusters are too small', { l1_size: 2 ** 31 }],
    ['is corrupt: its L1 table is nowhere', { l1_table_offset: 512 }],
    ['is corrupt: its refcount table is nowhere', { refcount_table_offset: 1 }],
    ['has a refcount table of more than 8 MiB', { refcount_table_clusters: 2 ** 31 }],
    ['is corrupt: it has no refcount table', { refcount_table_clusters: 0 }],
    [
      'is corrupt: the name of its backing file is not in its first cluster',
      { backing_file_offset: 65530, backing_file_size: 10 },
    ],
    [
      'is corrupt: the name of its backing file is not in its first cluster',
      { backing_file_offset: 1000, backing_file_size: 0xffff_ffff },
    ],
  ])('refuses what %s', (message, fields) => {
    expect(() => parseHeader(headerWith(fields))).toThrow(new ImageError('CORRUPT', message));
  });

  it.each([
    ['has an external data file, which is not supported', { incompatible_low: 4 }],
    ['has a compression other than zlib, which is not supported', { incompatible_low: 8 }],
    ['has subclusters (extended L2 entries), which is not supported', { incompatible_low: 16 }],
    [
      'has features that are not known (bits 5, 31, 40), which is not supported',
      { incompatible_low: 0x8000_0020, incompatible_high: 0x100 },
    ],
    ['is marked as corrupt', { incompatible_low: 2 }],
    ['is corrupt: refcounts of 2^7 bits', { refcount_order: 7 }],
    ['is corrupt: a header of 72 bytes', { header_length: 72 }],
    ['is corrupt: a header of 4294967288 bytes', { header_length: 0xffff_fff8 }],
  ])('refuses what %s', (message, fields) => {
    expect(() => parseHeader(headerWith({}, fields))).toThrow(new ImageError('CORRUPT', message));
  });

  it('knows what is only to be known by who writes', () => {
    const header = parseHeader(headerWith({}, { incompatible_low: 1, autoclear_high: 1 }));

    expect(header).toMatchObject({ dirty: true, hasAutoclear: true });
  });

  it('takes any bytes, or throws an ImageError', () => {
    const changed = fc
      .array(fc.tuple(fc.nat({ max: 127 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 })
      .map((changes) => {
        const bytes = headerWith({});
        changes.forEach(([at, value]) => (bytes[at] = value));
        return bytes;
      });
    const anyBytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(fc.oneof(changed, anyBytes), (bytes) => {
        let error: unknown = new ImageError('CORRUPT', '');
        try {
          parseHeader(bytes);
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toBeInstanceOf(ImageError);
      }),
      { numRuns: 2000 },
    );
  });
});

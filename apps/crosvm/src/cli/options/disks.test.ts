import fc from 'fast-check';

import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { diskOptions, parseDisk } from './disks';

type Given = readonly [name: string, value: string];

function read(...given: Given[]) {
  return diskOptions.read(new OptionValues(given.map(([name, value]) => ({ name, value }))));
}

const plain = { sparse: true, direct: false };

describe('disk options', () => {
  test('are no disks by default', () => {
    expect(read()).toEqual({ disks: [] });
  });

  test('keep the order of the command line', () => {
    const { disks, root } = read(
      ['rwdisk', 'a'],
      ['disk', 'b'],
      ['rwroot', 'c'],
      ['disk', 'd'],
      ['rwdisk', 'a2'],
    );
    expect(disks.map(({ path }) => path)).toEqual(['a', 'b', 'c', 'd', 'a2']);
    expect(root).toBe(2);
  });

  test.each([
    ['root', true],
    ['rwroot', false],
    ['disk', true],
    ['rwdisk', false],
  ])('--%s may be written only if it says so', (name, readOnly) => {
    expect(read([name, 'x.img']).disks).toEqual([{ path: 'x.img', readOnly, ...plain }]);
  });

  test.each([
    ['x,sparse=false', { sparse: false }],
    ['x,sparse', {}],
    ['x,sparse=true', {}],
    ['x,block_size=4096', { blockSize: 4096 }],
    ['x,o_direct=true', { direct: true }],
    ['x,o_direct', { direct: true }],
    ['x,o_direct=false', {}],
    ['x,id=root disk', { id: 'root disk' }],
    ['x,id=12345678901234567890', { id: '12345678901234567890' }],
    ['x,id=', { id: '' }],
    [
      'x,id="a,b",block_size=512,o_direct,sparse=false',
      { id: 'a,b', blockSize: 512, direct: true, sparse: false },
    ],
  ])('read %s', (value, expected) => {
    expect(read(['rwdisk', value]).disks).toEqual([
      { path: 'x', readOnly: false, ...plain, ...expected },
    ]);
  });

  test.each([
    ['a=b.img', 'a=b.img'],
    ['sparse', 'sparse'],
    ['"a,b.img"', 'a,b.img'],
    ['\'a, "b".img\',sparse', 'a, "b".img'],
  ])('take %s for a path', (value, path) => {
    expect(read(['disk', value]).disks).toMatchObject([{ path }]);
  });

  test.each<[Given, string, string | undefined]>([
    [
      ['disk', ''],
      '--disk needs a path that is not empty',
      'say --disk PATH, then what else there is: --disk disk.img,id=data',
    ],
    [
      ['rwdisk', ',sparse=true'],
      '--rwdisk needs a path that is not empty',
      'say --rwdisk PATH, then what else there is: --rwdisk disk.img,id=data',
    ],
    [
      ['root', 'x,'],
      '--root: a key is missing',
      'its keys are format, backing, backing_format, sparse, block_size, o_direct, id',
    ],
    [['root', 'x,spars'], "--root: unknown key 'spars'", 'did you mean sparse?'],
    [
      ['rwroot', 'x,color=blue'],
      "--rwroot: unknown key 'color'",
      'its keys are format, backing, backing_format, sparse, block_size, o_direct, id',
    ],
    [['disk', 'x,path=y'], "--disk: unknown key 'path'", undefined],
    [['disk', 'x,id=a,id=b'], '--disk: id is given twice', undefined],
    [['disk', 'x,sparse=maybe'], "--disk: sparse must be true or false, not 'maybe'", undefined],
    [['disk', 'x,o_direct=1'], "--disk: o_direct must be true or false, not '1'", undefined],
    [
      ['disk', 'x,id=123456789012345678901'],
      "--disk: id must be up to 20 printable ASCII characters, not '123456789012345678901'",
      undefined,
    ],
    [
      ['disk', 'x,id=caf\u00e9'],
      "--disk: id must be up to 20 printable ASCII characters, not 'caf\u00e9'",
      undefined,
    ],
    [['disk', '"x'], "--disk: the quote before 'x' does not end", undefined],
    [['disk', '"x"y'], "--disk: there is more after the closing quote of 'x'", undefined],
  ])('refuse %j', (given, message, hint) => {
    expect(outcome(() => read(given))).toMatchObject({
      message,
      ...(hint !== undefined && { hint }),
    });
  });

  test.each(['', '0', '256', '513', '8192', '1e3', '-512', '4k', ' 512'])(
    'refuse block_size=%s',
    (size) => {
      expect(outcome(() => read(['disk', `x,block_size=${size}`]))).toMatchObject({
        message: `--disk: block_size must be one of 512, 1024, 2048, 4096, not '${size}'`,
      });
    },
  );

  test.each<[Given[], string]>([
    [
      [
        ['root', 'a'],
        ['root', 'b'],
      ],
      'option --root is given twice, but there is one root',
    ],
    [
      [
        ['rwroot', 'a'],
        ['disk', 'x'],
        ['rwroot', 'a'],
      ],
      'option --rwroot is given twice, but there is one root',
    ],
    [
      [
        ['rwroot', 'a'],
        ['root', 'b'],
      ],
      '--rwroot and --root are both given, but there is one root',
    ],
  ])('refuse two roots: %j', (given, message) => {
    const hint = 'give the other disks with --disk or --rwdisk';
    expect(outcome(() => read(...given))).toMatchObject({ message, hint });
  });

  test('take 26 disks, and not one more', () => {
    const disks = Array.from({ length: 27 }, (_, index): Given => ['disk', `${index}.img`]);
    expect(read(...disks.slice(1)).disks).toHaveLength(26);
    expect(outcome(() => read(...disks))).toMatchObject({
      message: '27 disks are given, but a VM can have 26',
      hint: 'put several file systems on one disk, as partitions',
    });
  });

  test('throw nothing but user errors, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom('x', ',', '=', '"', '\\', 'id', 'sparse', 'true', '512'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(() => outcome(() => parseDisk({ name: 'disk', value }))).not.toThrow();
      }),
    );
  });

  test('read back any path, in quotes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (path) => {
        const quoted = `"${path.replace(/["\\]/g, String.raw`\$&`)}"`;
        expect(parseDisk({ name: 'disk', value: `${quoted},id=a` })).toMatchObject({
          path,
          id: 'a',
        });
      }),
    );
  });
});

describe('the format of a disk', () => {
  it('is qcow2 when that is said, with what is under it', () => {
    const value = 'a,format=qcow2,backing=base.img,backing_format=qcow2';

    expect(parseDisk({ name: 'rwdisk', value })).toMatchObject({
      path: 'a',
      format: 'qcow2',
      backing: 'base.img',
      backingFormat: 'qcow2',
    });
    expect(parseDisk({ name: 'rwdisk', value: 'a' })).not.toHaveProperty('format');
  });

  it.each([
    ['a,format=vmdk', "--disk: format must be raw or qcow2, not 'vmdk'"],
    ['a,format', "--disk: format must be raw or qcow2, not ''"],
    ['a,backing=b', '--disk: only a qcow2 image stands on another file'],
    ['a,format=raw,backing=b', '--disk: only a qcow2 image stands on another file'],
    ['a,format=qcow2,backing=', '--disk: backing needs a path that is not empty'],
    ['a,format=qcow2,backing_format=raw', '--disk: backing_format needs backing=PATH'],
    ['a,format=qcow2,o_direct', '--disk: o_direct is for raw images, not for qcow2'],
  ])('is refused in %s', (value, message) => {
    expect(() => parseDisk({ name: 'disk', value })).toThrow(message);
  });
});

import {
  addr64,
  array,
  be32,
  be64,
  bytes,
  flexible,
  i32,
  struct,
  u16,
  u32,
  u64,
  u8,
  union,
} from './index';

const point = struct('point', { x: u16, y: u16 });
const sample = struct('sample', {
  tag: u8,
  count: u32,
  where: addr64,
  value: u64,
  raw: bytes(3),
  points: array(point, 2),
  numbers: array(u16, 3),
  delta: i32,
  choice: union('choice', { word: u32, halves: array(u16, 2) }),
});

describe('struct', () => {
  it('places fields with the alignment and padding of C', () => {
    expect(sample.offsetOf('count')).toBe(4);
    expect(sample.offsetOf('where')).toBe(8);
    expect(sample.offsetOf('raw')).toBe(24);
    expect(sample.offsetOf('points')).toBe(28);
    expect(sample.offsetOf('numbers')).toBe(36);
    expect(sample.offsetOf('delta')).toBe(44);
    expect(sample.size).toBe(56);
  });

  it('leaves out all padding when packed', () => {
    const packed = struct('packed', { a: u8, b: u64 }, { packed: true });
    expect(packed.size).toBe(9);
    expect(packed.offsetOf('b')).toBe(1);
  });

  it('reads back what it wrote, in every kind of field', () => {
    const view = sample.allocate();
    view.tag = 0xab;
    view.where = 2 ** 40 + 5;
    view.value = 0xffff_ffff_ffff_fffen;
    view.delta = -2;
    view.raw.set([1, 2, 3]);
    view.numbers.set(2, 77);
    view.points.get(1).y = 9;
    view.choice.word = 0x0001_0002;

    expect(view.tag).toBe(0xab);
    expect(view.where).toBe(2 ** 40 + 5);
    expect(view.value).toBe(0xffff_ffff_ffff_fffen);
    expect(view.delta).toBe(-2);
    expect([...view.raw]).toEqual([1, 2, 3]);
    expect(view.numbers.get(2)).toBe(77);
    expect(view.points.get(1).y).toBe(9);
    expect(view.choice.halves.get(0)).toBe(2);
  });

  it('has fields that lie the other way round', () => {
    const header = struct('header', { magic: be32, size: be64, list: array(be32, 2) });
    const data = header.from({ magic: 0x0102_0304, size: 2 ** 40 + 5 });
    const view = header.at(data.buffer);
    view.list.set(1, 6);

    expect([...data.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
    expect([...data.subarray(8, 16)]).toEqual([0, 0, 1, 0, 0, 0, 0, 5]);
    expect([view.magic, view.size, view.list.get(1)]).toEqual([0x0102_0304, 2 ** 40 + 5, 6]);
    expect(() => (view.size = 2 ** 53)).toThrow(RangeError);
  });

  it('fills nested values from an object', () => {
    const data = sample.from({
      count: 7,
      raw: new Uint8Array([9]),
      points: [{ x: 1 }, { y: 2 }],
      numbers: [5, 6],
      choice: { word: 3 },
    });
    const view = sample.at(data.buffer);
    expect(view.count).toBe(7);
    expect(view.raw[0]).toBe(9);
    expect(view.points.get(1).y).toBe(2);
    expect(view.numbers.get(1)).toBe(6);
    expect(view.choice.word).toBe(3);
  });

  it('moves without a new accessor', () => {
    const buffer = new Uint8Array([1, 0, 2, 0, 3, 0, 4, 0]).buffer;
    const view = point.at(buffer);
    expect(view.rebase(4)).toBe(view);
    expect([view.x, view.y]).toEqual([3, 4]);
  });

  it('leaves the name base to the fields, which the kernel uses', () => {
    const segment = struct('segment', { base: u64, limit: u32 });
    const view = segment.allocate();
    view.base = 0x1234n;
    expect(view.base).toBe(0x1234n);
    expect(view.rebase(0).base).toBe(0x1234n);
  });

  it('grows by a flexible last member', () => {
    const list = struct('list', { nent: u32, entries: flexible(point) });
    const data = list.from({ nent: 2, entries: [{ x: 1 }, { x: 2 }] });
    expect(list.size).toBe(4);
    expect(data.length).toBe(12);
    expect(list.at(data.buffer).entries.length).toBe(2);
    expect(list.at(data.buffer).entries.get(1).x).toBe(2);
  });

  it('refuses what does not fit', () => {
    expect(() => sample.at(new ArrayBuffer(8))).toThrow(/sample \(56 bytes\) does not fit at 0/);
    expect(() => sample.from({ raw: new Uint8Array(4) })).toThrow(RangeError);
    expect(() => sample.allocate().numbers.get(3)).toThrow('element 3 of 3');
    expect(() => sample.from({ nothing: 1 } as never)).toThrow("no field 'nothing'");
  });

  it.each([-1, 2 ** 53, 1.5, NaN])('refuses %p as an address', (value) => {
    const view = sample.allocate();
    expect(() => {
      view.where = value;
    }).toThrow(RangeError);
  });

  it('refuses a name that is no identifier', () => {
    expect(() => struct('a b', { x: u8 })).toThrow(TypeError);
    expect(() => struct('ok', { 'x;y': u8 })).toThrow(TypeError);
  });
});

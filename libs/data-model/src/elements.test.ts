import fc from 'fast-check';

import { addr64, array, bytes, flexible, i8, struct, u16, u32, u64, u8 } from './index';

const pair = struct('pair', { low: u16, high: u16 });
const lists = struct('lists', {
  small: array(i8, 3),
  addresses: array(addr64, 2),
  registers: array(u64, 2),
  pairs: array(pair, 4),
  names: array(bytes(4), 2),
  matrix: array(array(u16, 3), 2),
  rest: flexible(u32),
});

describe('elements', () => {
  it('are read and written in every kind of list', () => {
    const view = lists.allocate(8);
    view.small.set(2, -1);
    view.addresses.set(1, 2 ** 52);
    view.registers.set(0, 2n ** 64n - 1n);
    view.pairs.get(3).high = 0xbeef;
    view.names.get(1).set([1, 2, 3, 4]);
    view.matrix.get(1).set(2, 7);
    view.rest.set(1, 9);

    expect(view.small.get(2)).toBe(-1);
    expect(view.addresses.get(1)).toBe(2 ** 52);
    expect(view.registers.get(0)).toBe(2n ** 64n - 1n);
    expect(view.pairs.get(3).high).toBe(0xbeef);
    expect([...view.names.get(1)]).toEqual([1, 2, 3, 4]);
    expect(view.matrix.get(1).get(2)).toBe(7);
    expect(view.rest.get(1)).toBe(9);
  });

  it('lie one after the other, as in C', () => {
    const view = lists.allocate();
    view.matrix.get(1).set(0, 0x0201);
    view.pairs.get(1).low = 0x0403;
    const at = lists.offsetOf('matrix') + 6;
    expect([...view.buffer.subarray(at, at + 2)]).toEqual([1, 2]);
    expect(view.buffer[lists.offsetOf('pairs') + 4]).toBe(3);
  });

  it('belong to the struct where it is now', () => {
    const header = struct('header', { count: u8, values: array(u8, 3) });
    const view = header.at(new Uint8Array([2, 10, 11, 12, 3, 20, 21, 22]).buffer);
    expect(view.values.get(0)).toBe(10);
    view.rebase(4);
    expect(view.values.get(2)).toBe(22);
  });

  it('are as many as the buffer has room for where the list is open-ended', () => {
    const list = struct('list', { count: u32, entries: flexible(pair) });
    expect(list.allocate().entries.length).toBe(0);
    expect(list.allocate(3).entries.length).toBe(0);
    expect(list.allocate(11).entries.length).toBe(2);
    expect(() => list.allocate().entries.get(0)).toThrow('element 0 of 0');
  });

  it('are the same object each time, so that reading them allocates nothing', () => {
    const view = lists.allocate();
    expect(view.pairs).toBe(view.pairs);
    expect(view.pairs.get(0)).toBe(view.pairs.get(1));
    expect(view.small).toBe(view.small);
  });

  it('are refused out of range, whatever the index', () => {
    const view = lists.allocate();
    const before = view.buffer.slice();
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer()), (index) => {
        fc.pre(index !== 0 && index !== 1);
        expect(() => view.registers.get(index)).toThrow(RangeError);
        expect(() => view.registers.set(index, 1n)).toThrow(RangeError);
      }),
    );
    expect(view.buffer).toEqual(before);
  });

  it('are written by their parts unless they are numbers', () => {
    const { pairs } = lists.allocate() as unknown as {
      pairs: { set(index: number, value: unknown): void };
    };
    expect(() => pairs.set(0, { low: 1 })).toThrow('write the parts of the element instead');
  });

  it('keep what was written, whatever it is', () => {
    const view = lists.allocate();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }), (values) => {
        values.forEach((value, index) => (view.pairs.get(index).low = value));
        expect(values.map((_, index) => view.pairs.get(index).low)).toEqual(values);
      }),
    );
  });
});

import { bytes, flexible, io, iow, struct, u16, u32, u64, union } from '../index';
import { abiEntries, cProgram, declaredFacts, factsWithout, hasHeaders, measureAbi } from './index';

const inner = struct('inner', { low: u16, high: u16 });
const list = struct('list', {
  nent: u32,
  choice: union('list_choice', { word: u32, halves: struct('list_halves', { a: u16, b: u16 }) }),
  entries: flexible(inner),
});

describe('abiEntries', () => {
  it('names every member of a layout, and goes into those that are not exported', () => {
    const facts = declaredFacts(abiEntries({ list, inner }));

    expect(facts).toEqual({
      list: '8 bytes',
      'list.nent': '4 bytes at 0',
      'list.choice': '4 bytes at 4',
      'list.choice.word': '4 bytes at 4',
      'list.choice.halves': '4 bytes at 4',
      'list.choice.halves.a': '2 bytes at 4',
      'list.choice.halves.b': '2 bytes at 6',
      'list.entries': '4 bytes at 8',
      inner: '4 bytes',
      'inner.low': '2 bytes at 0',
      'inner.high': '2 bytes at 2',
    });
  });

  it('leaves the name of an anonymous member out', () => {
    const facts = declaredFacts(abiEntries({ list }, ['list.choice']));

    expect(facts['list.word']).toBe('4 bytes at 4');
    expect(facts['list.choice']).toBeUndefined();
  });

  it('takes ioctls and constants, and nothing else', () => {
    const exports = { GO: io('GO', 0xae, 1), BIG: 1n << 63n, SMALL: 3, text: 'x', f: () => 1 };

    expect(declaredFacts(abiEntries(exports))).toEqual({
      GO: '0xae01',
      BIG: '0x8000000000000000',
      SMALL: '0x3',
    });
  });

  it('can leave names out', () => {
    expect(factsWithout(abiEntries({ A: 1, B: 2 }), ['B'])).toEqual({ A: '0x1' });
  });
});

const HEADERS = ['linux/uio.h', 'asm/ioctl.h'];
const withHeaders = hasHeaders(HEADERS) ? it : it.skip;

describe('measureAbi', () => {
  withHeaders('gets from the headers what they have [skipped only without gcc]', () => {
    const iovec = struct('iovec', { iov_base: u64, iov_len: u64, iov_new: u64 });
    const UIO_MAXIOV = 1;
    const UIO_NOT_YET = 2;
    const entries = abiEntries({ iovec, UIO_MAXIOV, UIO_NOT_YET });

    const { facts, missing } = measureAbi(HEADERS, entries);

    expect(facts).toEqual({
      iovec: '16 bytes',
      'iovec.iov_base': '8 bytes at 0',
      'iovec.iov_len': '8 bytes at 8',
      UIO_MAXIOV: '0x400',
    });
    expect(missing).toEqual(['iovec.iov_new', 'UIO_NOT_YET']);
  });

  it('writes a program in which every entry has a line of its own', () => {
    const argument = struct('argument', { all: bytes(4) });
    const program = cProgram(['linux/kvm.h'], abiEntries({ GO: iow('GO', 1, 2, argument) }));

    expect(program).toContain('#include <linux/kvm.h>');
    expect(program).toContain('#line 1 "entries"\n{ 0, { (unsigned long long)(GO) } },');
  });

  it('says why the compiler failed where a header is missing', () => {
    expect(hasHeaders(['no/such/header.h'])).toBe(false);
  });
});

import { readFileSync } from 'node:fs';

import { SysError } from '@crosvm/sys-util';

import { UserError } from '../user-error';
import { errorHint, errorText } from './error-text';

/** EACCES */
const PERMISSION = 13;

const ENFILE = 23;
const EMFILE = 24;

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

class KernelError extends Error {}

describe('errorText', () => {
  test('tells the chain of causes from what was tried to why it failed', () => {
    const cause = new Error('cannot open KVM', { cause: new SysError('open', PERMISSION) });
    const error = new UserError('cannot start the VM', { cause });
    expect(errorText(error)).toBe(
      'cannot start the VM: cannot open KVM: open: permission denied (EACCES)',
    );
  });

  test("tells Node's file errors as those of our own system calls", () => {
    const cause = thrownBy(() => readFileSync('/nonexistent/file'));
    expect(errorText(new Error('cannot read it', { cause }))).toBe(
      'cannot read it: open /nonexistent/file: no such file or directory (ENOENT)',
    );
  });

  test.each([
    ['cannot start: no memory', 'no memory', 'cannot start: no memory'],
    ['Cannot start: No memory', 'no memory', 'Cannot start: No memory'],
    ['cannot start', 'cannot start: no memory', 'cannot start: no memory'],
    ['cannot start', 'cannot start', 'cannot start'],
    ['cannot start', '', 'cannot start'],
    ['it became shorter', 'short', 'it became shorter: short'],
    ['a (b) [c', 'b', 'a (b) [c'],
    ['a', 'a (b) [c', 'a (b) [c'],
    ['b', 'a (b) [c', 'b: a (b) [c'],
  ])('does not repeat itself where %j is caused by %j', (message, cause, expected) => {
    expect(errorText(new Error(message, { cause: new Error(cause) }))).toBe(expected);
  });

  test('does not repeat what two layers above said', () => {
    const cause = new Error('the guest has no memory', { cause: new Error('mmap failed') });
    expect(errorText(new Error('mmap failed', { cause }))).toBe(
      'mmap failed: the guest has no memory',
    );
  });

  test('tells all parts of an aggregate', () => {
    const parts = [new Error('a', { cause: new Error('b') }), new Error('c')];
    expect(errorText(new AggregateError(parts, 'two failed'))).toBe('two failed: a: b; c');
    expect(errorText(new AggregateError(parts))).toBe('a: b; c');
  });

  test.each([
    ['text', 'text'],
    [undefined, 'undefined'],
    [{ a: 1 }, '{ a: 1 }'],
    [new Error(''), 'Error'],
    ['', 'unknown error'],
  ])('tells %p, whatever was thrown', (thrown, expected) => {
    expect(errorText(thrown)).toBe(expected);
  });

  test('ends where an error is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(errorText(error)).toBe('round');
  });

  test('is one line without control characters', () => {
    expect(errorText(new Error('a\r\n  b\u001b[31m\u202e\n'))).toBe(
      String.raw`a b\u{1b}[31m\u{202e}`,
    );
  });

  test('says of a bug that it is one', () => {
    const error = new Error('cannot start', { cause: new TypeError('x is not a function') });
    expect(errorText(error)).toBe('internal error: cannot start: x is not a function');
  });

  test('says nothing of a bug where a layer knew what the error means', () => {
    const error = new KernelError('vmlinux became shorter', { cause: new RangeError('short') });
    expect(errorText(error)).toBe('vmlinux became shorter: short');
  });
});

describe('errorHint', () => {
  test('is the first hint of the chain', () => {
    const inner = new UserError('b', { hint: 'inner' });
    expect(errorHint(new Error('a', { cause: inner }))).toBe('inner');
    expect(errorHint(new UserError('a', { cause: inner, hint: 'outer' }))).toBe('outer');
  });

  test('is nothing where there is none', () => {
    expect(errorHint(new UserError('a'))).toBeUndefined();
    expect(errorHint('a')).toBeUndefined();
  });

  test.each([
    new SysError('eventfd', EMFILE),
    Object.assign(new Error('open: no'), { code: 'EMFILE' }),
    Object.assign(new Error('Worker initialization failure: EMFILE'), {
      code: 'ERR_WORKER_INIT_FAILED',
    }),
    new Error('libc.so.6: cannot open shared object file: Too many open files'),
  ])('names the limit on open files where that is what failed: %p', (cause) => {
    expect(errorHint(new Error('vCPU 0 failed', { cause }))).toContain('ulimit -n');
  });

  test("does not name the process's limit where the system's is what failed", () => {
    const cause = new SysError('eventfd', ENFILE);
    expect(errorHint(new Error('a', { cause }))).toBeUndefined();
  });

  test('is where to look for a bug', () => {
    expect(errorHint(new ReferenceError('x is not defined'))).toBe(
      'this is a bug in crosvm; CROSVM_BACKTRACE=1 shows where',
    );
  });
});

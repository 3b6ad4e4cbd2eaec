import type { PolicyError } from '../index';
import { parsePolicy, type ParseOptions } from '../index';

function problemsOf(text: string, options: ParseOptions = {}): PolicyError {
  try {
    parsePolicy(text, { arch: 'x86_64', file: 'a.policy', ...options });
  } catch (error) {
    return error as PolicyError;
  }
  throw new Error('the policy has no mistakes');
}

describe('a mistake in a policy', () => {
  it.each([
    ['raed: 1', "1:1: unknown system call 'raed' on x86_64: did you mean 'read'?"],
    [
      'zzzzzzzz: 1',
      "1:1: unknown system call 'zzzzzzzz' on x86_64: look it up with ausyscall or in unistd.h",
    ],
    [
      '4294967296: 1',
      "1:1: unknown system call '4294967296' on x86_64: look it up with ausyscall or in unistd.h",
    ],
    ['toString: 1', "1:1: unknown system call 'toString'"],
    ['mmap: arg2 == PROT_EXE', "1:15: unknown constant 'PROT_EXE': did you mean 'PROT_EXEC'?"],
    ['mmap: arg2 == QQQQ', "1:15: unknown constant 'QQQQ': write its number"],
    ['mmap: arg2 == constructor', "1:15: unknown constant 'constructor'"],
    ['read: return EPERMM', "1:14: unknown constant 'EPERMM': did you mean 'EPERM'?"],
    [
      'mmap: arg2 == PROT_BTI',
      "1:15: 'PROT_BTI' is a constant of aarch64 that x86_64 does not have",
    ],
    ['read: return 4096', '1:14: an error number is 0 to 4095'],
    ['read: return -1', '1:14: an error number is 0 to 4095'],
    ['read: arg6 == 0', "1:7: 'arg6' does not exist: system calls have arg0 to arg5"],
    ['read: arg == 0', "1:7: expected an argument, 'arg0' to 'arg5', found 'arg'"],
    ['read: arg0 == 08', "1:15: '08' is no number"],
    ['read: arg0 == 0x', "1:15: '0x' is no number"],
    ['read: arg0 == 12ab', "1:15: '12ab' is no number"],
    ['read: arg0 == 18446744073709551616', '1:15: 18446744073709551616 does not fit in 64 bits'],
    ['read: arg0 == -9223372036854775809', '1:15: -9223372036854775809 does not fit in 64 bits'],
    ['read: arg0 = 1', '1:12: unexpected character "=": did you mean \'==\'?'],
    ['read: arg0 $ 1', '1:12: unexpected character "$"'],
    [
      'read: arg0 1',
      "1:12: expected one of '==', '!=', '<', '<=', '>', '>=', '&', 'in', found '1'",
    ],
    ['read: arg0 ==', '1:14: expected a constant or a number, found the end of the line'],
    ['read: arg0 == ~~1', "1:16: expected a constant or a number, found '~'"],
    ['read: arg0 == (1|2', "1:19: expected ')', found the end of the line"],
    [
      'read: arg0 == 1 &&',
      "1:19: expected an argument, 'arg0' to 'arg5', found the end of the line",
    ],
    [
      'read: (arg0 == 1)',
      "1:7: conditions are not grouped or negated: write alternatives, joined by '||'",
    ],
    ['read: arg0 == 1 return EPERM', "1:17: expected the end of the line, found 'return'"],
    ['read: arg0 == 1; 1', "1:18: expected 'return', found '1'"],
    ['read: 1 1', "1:9: expected the end of the line, found '1'"],
    ['read: 2', "1:7: expected an argument, 'arg0' to 'arg5', found '2'"],
    ['read 1', "1:6: expected ':' after the name of the system call, found '1'"],
    ['read:', "1:6: expected an argument, 'arg0' to 'arg5', found the end of the line"],
    ['{read write}: 1', "1:7: expected ',' or '}', found 'write'"],
    [': 1', "1:1: expected the name of a system call, found ':'"],
    [
      'read: log',
      "1:7: 'log' is not supported: it would allow the call: write '1' or 'return ERRNO'",
    ],
    ['read: kill-thread', "1:7: 'kill-thread' is not supported: a process that lost one thread"],
    ['read: {arg0 == 1; 1}', "1:7: lists of filters are not supported: join terms by '||'"],
    ['read[arch=arm]: 1', '1:10: unexpected character "=": did you mean \'==\'?'],
    ['read[arch]: 1', "1:5: '[...]' is not supported: each architecture has its own file"],
    [
      '@default allow',
      "1:10: expected 'kill': whoever installs the policy chooses what follows a violation, found 'allow'",
    ],
    ['@default kill 1', "1:15: expected the end of the line, found '1'"],
    [
      '@frequency ./x',
      "1:1: '@frequency' is not supported: remove it, numbers are found by binary search",
    ],
    ['@denylist', "1:1: '@denylist' is not supported: only @include is"],
    ['read: 1 \\ ', "1:9: '\\' continues a line only as its very last character"],
    ['# a \\\nread: 1', "1:1: a comment must not end in '\\': begin each line of it with '#'"],
    ['read: 1 \\\n  $', '2:3: unexpected character "$"'],
    ['read: arg0 \\\n  == 1 \\\n  1', "3:3: expected the end of the line, found '1'"],
  ])('%j is told with its place', (text, message) => {
    expect(problemsOf(text).message).toContain(`a.policy:${message}`);
  });

  it('of the other architecture is told as such', () => {
    const { message } = problemsOf('open: 1', { arch: 'aarch64' });

    expect(message).toBe(
      "a.policy:1:1: 'open' is a system call of x86_64 that aarch64 does not have: remove it here",
    );
  });

  it('names the first rule for a call', () => {
    const { message } = problemsOf('read: 1\nwrite: 1\n\n{close, read}: 1');

    expect(message).toBe(
      "a.policy:4:9: 'read' has a rule at a.policy:1:1 already: join them by '||'",
    );
  });

  it('does not hide others', () => {
    const { problems, message } = problemsOf(
      'raed: 1\nread: arg0 = 1\n{wriet, clsoe}: 1\nread: 1\nread: 1',
    );

    expect(problems.map(({ code, position }) => [code, position.line, position.column])).toEqual([
      ['unknown-call', 1, 1],
      ['syntax', 2, 12],
      ['unknown-call', 3, 2],
      ['unknown-call', 3, 9],
      ['duplicate-call', 5, 1],
    ]);
    expect(message.split('\n')).toHaveLength(5);
  });

  it('is in a text without a name, too', () => {
    expect(() => parsePolicy('x', { arch: 'x86_64' })).toThrow('policy:1:1: ');
  });
});

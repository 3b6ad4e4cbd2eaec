import { parsePolicy, type ParseOptions, type Policy } from '../index';

const parse = (text: string, options: ParseOptions = {}): Policy =>
  parsePolicy(text, { arch: 'x86_64', ...options });

/** The comparisons of the first rule, an alternative a list. */
function comparisons(text: string): unknown {
  return parse(text).rules[0]?.alternatives.map((alternative) =>
    alternative.comparisons.map(({ argument, operator, value }) => [argument, operator, value]),
  );
}

describe('a policy', () => {
  it('has its rules sorted by number', () => {
    const { rules } = parse('close: 1\nread: 1\nwrite: 1');

    expect(rules.map(({ name, number }) => [name, number])).toEqual([
      ['read', 0],
      ['write', 1],
      ['close', 3],
    ]);
  });

  it('may have comments, empty lines, blanks, and lines that go on', () => {
    const text =
      '# a\n\n  read :1 # b\r\nwrite: \\\n  arg0 == 1 \\\n || arg0 == 2\n\t\nclose\t:\tallow';

    expect(
      parse(text).rules.map(({ alternatives }) => alternatives.map(({ text }) => text)),
    ).toEqual([['1'], ['arg0 == 1', 'arg0 == 2'], ['allow']]);
  });

  it('may be empty', () => {
    expect(parse('')).toEqual({ arch: 'x86_64', rules: [], files: ['policy'] });
  });

  it('may name calls by their numbers', () => {
    const names = parse('0: 1\n900: 1').rules.map(({ name, number }) => [name, number]);

    expect(names).toEqual([
      ['read', 0],
      ['900', 900],
    ]);
  });

  it('may have one rule for several calls', () => {
    const { rules } = parse('{read, write}: arg0 == 1; return EBADF');

    expect(rules.map(({ name }) => name)).toEqual(['read', 'write']);
    expect(rules[1]?.alternatives).toEqual(rules[0]?.alternatives);
    expect(rules[1]?.otherwise).toEqual({ kind: 'errno', errno: 9 });
  });

  it('has the numbers of its architecture', () => {
    const numbers = (['x86_64', 'aarch64'] as const).map(
      (arch) => parse('openat: 1', { arch }).rules[0]?.number,
    );

    expect(numbers).toEqual([257, 56]);
  });

  it('remembers where a rule and its alternatives are', () => {
    const [rule] = parse('\n  read: arg0 == 1 \\\n || arg1 > 2', { file: 'x.policy' }).rules;

    expect(rule?.position).toEqual({ file: 'x.policy', line: 2, column: 3 });
    expect(rule?.alternatives.map(({ position }) => position)).toEqual([
      { file: 'x.policy', line: 2, column: 9 },
      { file: 'x.policy', line: 3, column: 5 },
    ]);
  });
});

describe('what becomes of a call', () => {
  it.each([
    ['1', 1, { kind: 'violation' }],
    ['allow', 1, { kind: 'violation' }],
    ['kill', 0, { kind: 'violation' }],
    ['kill-process', 0, { kind: 'violation' }],
    ['return EPERM', 0, { kind: 'errno', errno: 1 }],
    ['return 38', 0, { kind: 'errno', errno: 38 }],
    ['return 0', 0, { kind: 'errno', errno: 0 }],
    ['arg0 == 1', 1, { kind: 'violation' }],
    ['arg0 == 1; return ENOSYS', 1, { kind: 'errno', errno: 38 }],
  ])('is said by %p', (text, alternatives, otherwise) => {
    const [rule] = parse(`read: ${text}`).rules;

    expect(rule?.alternatives).toHaveLength(alternatives);
    expect(rule?.otherwise).toEqual(otherwise);
  });

  it('may be said twice: what is not listed is a violation', () => {
    expect(parse('@default kill\n@default kill-process\nread: 1').rules).toHaveLength(1);
  });
});

describe('an expression', () => {
  it.each(['==', '!=', '<', '<=', '>', '>=', '&', 'in'])('compares by %p', (operator) => {
    expect(comparisons(`read: arg5 ${operator} 3`)).toEqual([[[5, operator, 3n]]]);
  });

  it('binds && more tightly than ||', () => {
    expect(comparisons('read: arg0 == 1 && arg1 == 2 || arg2 == 3 && arg3 == 4')).toEqual([
      [
        [0, '==', 1n],
        [1, '==', 2n],
      ],
      [
        [2, '==', 3n],
        [3, '==', 4n],
      ],
    ]);
  });

  it('needs no blanks', () => {
    expect(comparisons('read:arg0==1&&arg1&2||arg2<=~3')).toEqual([
      [
        [0, '==', 1n],
        [1, '&', 2n],
      ],
      [[2, '<=', 2n ** 64n - 4n]],
    ]);
  });

  it.each([
    ['17', 17n],
    ['0', 0n],
    ['0x1F', 31n],
    ['0X1f', 31n],
    ['017', 15n],
    ['-1', 2n ** 64n - 1n],
    ['-0x10', 2n ** 64n - 16n],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['-9223372036854775808', 2n ** 63n],
    ['PROT_EXEC', 4n],
    ['AT_FDCWD', 2n ** 64n - 100n],
    ['PROT_READ|PROT_WRITE', 3n],
    ['PROT_READ | 0x10 | 010', 0x19n],
    ['~PROT_EXEC', 2n ** 64n - 5n],
    ['~(PROT_READ|PROT_WRITE)', 2n ** 64n - 4n],
    ['(1|(2|4))', 7n],
    ['~0', 2n ** 64n - 1n],
    ['~0xff00|1', 2n ** 64n - 0xff01n],
  ])('takes %p for a number', (text, value) => {
    expect(comparisons(`read: arg0 == ${text}`)).toEqual([[[0, '==', value]]]);
  });

  it('has the constants of its architecture', () => {
    const values = (['x86_64', 'aarch64'] as const).map(
      (arch) =>
        parse('openat: arg2 & O_DIRECTORY', { arch }).rules[0]?.alternatives[0]?.comparisons[0]
          ?.value,
    );

    expect(values).toEqual([0o200000n, 0o40000n]);
  });
});

import { decide, describeRules, matchRule, parsePolicy } from '../index';

const policy = parsePolicy(
  [
    'read: 1',
    'ioctl: arg1 == TCGETS || arg1 == FIONBIO && arg0 <= 2',
    'openat: return EPERM',
    'mmap: arg2 in PROT_READ|PROT_WRITE; return EACCES',
  ].join('\n'),
  { arch: 'x86_64', file: 'x.policy' },
);

const [READ, WRITE, MMAP, IOCTL, OPENAT] = [0, 1, 9, 16, 257];

describe('matchRule', () => {
  it.each([
    [{ nr: READ, args: [] }, 0],
    [{ nr: IOCTL, args: [9n, 0x5401n] }, 0],
    [{ nr: IOCTL, args: [2n, 0x5421n] }, 1],
    [{ nr: IOCTL, args: [3n, 0x5421n] }, undefined],
    [{ nr: WRITE, args: [] }, undefined],
    [{ nr: OPENAT, args: [] }, undefined],
  ])('says which alternative permits a call', (call, index) => {
    expect(matchRule(policy, call)).toBe(index);
  });
});

describe('decide', () => {
  it.each([
    [{ nr: READ, args: [] }, { kind: 'allow' }],
    [{ nr: WRITE, args: [] }, { kind: 'violation' }],
    [
      { nr: OPENAT, args: [] },
      { kind: 'errno', errno: 1 },
    ],
    [{ nr: MMAP, args: [0n, 0n, 3n] }, { kind: 'allow' }],
    [
      { nr: MMAP, args: [0n, 0n, 4n] },
      { kind: 'errno', errno: 13 },
    ],
    [{ nr: MMAP, args: [0n, 0n, 2n ** 64n + 3n] }, { kind: 'allow' }],
  ])('says what becomes of a call', (call, decision) => {
    expect(decide(policy, call)).toEqual(decision);
  });

  it.each([
    ['==', [false, true, false]],
    ['!=', [true, false, true]],
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
    ['&', [true, true, false]],
    ['in', [true, true, false]],
  ])('compares by %p', (operator, answers) => {
    const one = parsePolicy(`read: arg0 ${operator} 6`, { arch: 'x86_64' });

    const kinds = [4n, 6n, 8n].map((value) => decide(one, { nr: READ, args: [value] }).kind);

    expect(kinds).toEqual(answers.map((answer) => (answer ? 'allow' : 'violation')));
  });
});

describe('describeRules', () => {
  it('lists the alternatives of each call with their places', () => {
    const at = (line: number, column: number) => ({ file: 'x.policy', line, column });

    expect(describeRules(policy)[2]).toEqual({
      name: 'ioctl',
      number: IOCTL,
      position: at(2, 1),
      alternatives: [
        { text: 'arg1 == TCGETS', position: at(2, 8) },
        { text: 'arg1 == FIONBIO && arg0 <= 2', position: at(2, 26) },
      ],
      otherwise: { kind: 'violation' },
    });
    expect(describeRules(policy).map(({ alternatives }) => alternatives.length)).toEqual([
      1, 1, 2, 0,
    ]);
  });
});

import { checkEssentialCalls, EssentialCallError, parsePolicy } from '../index';
import { handOverOnly } from './essential-calls';

const ARCHS = ['x86_64', 'aarch64'] as const;
const ENOUGH = '{sendmsg, brk, mmap, mprotect, munmap, madvise}: 1';

function errorOf(text: string, arch: (typeof ARCHS)[number] = 'x86_64'): EssentialCallError {
  try {
    checkEssentialCalls(parsePolicy(text, { arch, file: 'some.policy' }));
  } catch (error) {
    if (error instanceof EssentialCallError) {
      return error;
    }
  }
  throw new Error('no such error');
}

describe('what a process calls before anybody listens', () => {
  it.each(ARCHS)('is enough for a policy: %s', (arch) => {
    expect(() => checkEssentialCalls(parsePolicy(ENOUGH, { arch }))).not.toThrow();
  });

  it.each(ARCHS)('must all be permitted: %s', (arch) => {
    expect(errorOf('read: 1', arch)).toMatchObject({
      file: 'some.policy',
      calls: ['sendmsg', 'brk', 'mmap', 'mprotect', 'munmap', 'madvise'],
      message:
        "the policy 'some.policy' forbids sendmsg, brk, mmap, mprotect, munmap, madvise, " +
        'which every process needs to start',
    });
  });

  it('must be permitted with the arguments that it has', () => {
    const text = `${ENOUGH.replace('mmap, ', '')}\nmmap: arg2 == PROT_READ\n`;
    expect(errorOf(text).calls).toEqual(['mmap']);
  });

  it('may not fail either', () => {
    const text = `${ENOUGH.replace('sendmsg, ', '')}\nsendmsg: return EPERM\n`;
    expect(errorOf(text).calls).toEqual(['sendmsg']);
  });
});

it('a policy for a supervisor that sees all calls has the one that brings it the listener', () => {
  const policy = parsePolicy(`${ENOUGH}\nread: 1\n`, { arch: 'x86_64' });
  expect(handOverOnly(policy).rules.map(({ name }) => name)).toEqual(['sendmsg']);
});

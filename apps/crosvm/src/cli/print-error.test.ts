import { UserError } from '../user-error';
import { errorExitStatus, printError } from './print-error';
import { UsageError } from './usage-error';

const ERROR = new UserError('no kernel', { hint: 'give one', cause: new Error('nothing there') });

function printed(backtrace?: boolean): string {
  const write = jest.fn<undefined, [string]>();
  printError(ERROR, { write, ...(backtrace !== undefined && { backtrace }) });
  return write.mock.calls.flat().join('');
}

describe('printError', () => {
  const before = process.env.CROSVM_BACKTRACE;

  beforeEach(() => {
    delete process.env.CROSVM_BACKTRACE;
  });

  afterAll(() => {
    Object.assign(process.env, before === undefined ? {} : { CROSVM_BACKTRACE: before });
  });

  test('prints one line and the hint, and no stack', () => {
    expect(printed()).toBe('crosvm: no kernel: nothing there\n  hint: give one\n');
  });

  test('prints one line only where there is no hint', () => {
    const write = jest.fn();
    printError(new Error('no'), { write });
    expect(write.mock.calls).toEqual([['crosvm: no\n']]);
  });

  test('prints the stacks of the error and its causes if asked', () => {
    const text = printed(true);
    expect(text).toMatch(
      /^crosvm: no kernel: nothing there\n {2}hint: give one\nUserError: no kernel\n {4}at /,
    );
    expect(text).toContain('[cause]: Error: nothing there\n');
  });

  test('prints the stacks if the environment asks', () => {
    process.env.CROSVM_BACKTRACE = '1';
    expect(printed()).toContain('\n    at ');
    expect(printed(false)).not.toContain('\n    at ');
  });
});

describe('errorExitStatus', () => {
  test.each([
    [new UsageError('a'), 2],
    [new UserError('a'), 1],
    [new TypeError('a'), 1],
    ['a', 1],
  ])('of %p is %d', (error, status) => {
    expect(errorExitStatus(error)).toBe(status);
  });
});

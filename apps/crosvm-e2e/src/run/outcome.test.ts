import { type FileResult, filesToRepeat, merged, settledFiles } from './outcome';

const good = file('good', ['passed', '']);
const broken = file('broken', ['passed', ''], ['failed', 'crosvm: vCPU 1: KVM_EXIT_SHUTDOWN']);
const wrong = file('wrong', ['failed', 'expected 1, got 2']);
const mixed = file('mixed', ['failed', 'expected 1, got 2'], ['failed', 'KVM_EXIT_SHUTDOWN']);
const notRun: FileResult = { name: 'not-run', status: 'failed', assertionResults: [] };

describe('the files that run once more', () => {
  it('are those that failed when a broken guest explains each failure', () => {
    expect(filesToRepeat({ testResults: [good, broken] })).toEqual([broken]);
  });

  it.each([
    ['a wrong result elsewhere', wrong],
    ['a wrong result beside a broken guest', mixed],
    ['a file that could not be loaded', notRun],
  ])('are none after %s', (_, other) => {
    expect(filesToRepeat({ testResults: [broken, other] })).toEqual([]);
  });

  it('are none when nothing failed', () => {
    expect(filesToRepeat({ testResults: [good] })).toEqual([]);
  });
});

it('keeps of a run that ended early what passed, and what failed for a reason of its own', () => {
  expect(settledFiles({ testResults: [good, broken, wrong, mixed, notRun] })).toEqual([
    good,
    wrong,
    mixed,
    notRun,
  ]);
});

it('takes the later of two results of a file', () => {
  const second = file('broken', ['passed', '']);

  expect(merged([good, broken], { testResults: [second] })).toEqual({
    testResults: [good, second],
  });
});

function file(name: string, ...tests: readonly (readonly [string, string])[]): FileResult {
  return {
    name,
    status: tests.some(([status]) => status === 'failed') ? 'failed' : 'passed',
    assertionResults: tests.map(([status, message]) => ({ status, failureMessages: [message] })),
  };
}

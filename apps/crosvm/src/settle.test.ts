import { EventEmitter } from 'node:events';

import { type ExitingProcess, settle } from './settle';

class FakeProcess extends EventEmitter {
  exitCode: number | undefined;
}

function fake(): FakeProcess & ExitingProcess {
  return new FakeProcess() as FakeProcess & ExitingProcess;
}

describe('settle', () => {
  const stderr = jest.spyOn(process.stderr, 'write');

  beforeEach(() => {
    stderr.mockReset().mockReturnValue(true);
  });

  afterAll(() => {
    stderr.mockRestore();
  });

  test('gives the process the status of the program', async () => {
    const target = fake();
    await settle(() => Promise.resolve(0), target);
    target.emit('beforeExit');
    expect(target.exitCode).toBe(0);
    expect(stderr).not.toHaveBeenCalled();
  });

  test('gives a process whose program comes to no end a failure, and says so in a line', () => {
    const target = fake();
    void settle(() => new Promise(() => undefined), target);
    target.emit('beforeExit');
    expect(target.exitCode).toBe(1);
    expect(stderr.mock.calls.flat().join('')).toMatch(
      /^crosvm: internal error: [^\n]+\n {2}hint: [^\n]+\n$/,
    );
  });
});

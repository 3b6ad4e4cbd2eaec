import { JailError } from './jail-error';
import { verifyLockedDown } from './verify-process';

describe('verifyLockedDown', () => {
  it('complains about a process that is not', () => {
    expect(() => verifyLockedDown(process.pid)).toThrow(JailError);
    expect(() => verifyLockedDown(process.pid)).toThrow('has no filter of system calls');
  });

  it('says that there is no such process', () => {
    expect(() => verifyLockedDown(2 ** 30)).toThrow('ENOENT');
  });
});

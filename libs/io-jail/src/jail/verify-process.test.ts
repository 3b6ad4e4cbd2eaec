import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

  it('says of a process that has ended, and is not gone yet, only that', () => {
    const { pid = 0 } = spawn('true', { stdio: 'ignore' });
    // Nobody waits for it before this test is over.
    while (!readFileSync(`/proc/${pid}/status`, 'latin1').includes('State:\tZ')) {
      // It is about to end.
    }

    expect(() => verifyLockedDown(pid)).toThrow('ESRCH');
  });
});

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { JailError } from './jail-error';
import { verifyLockedDown } from './verify-process';

function stateOf(pid: number): string {
  return /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
}

describe('verifyLockedDown', () => {
  it('complains about a process that is not', () => {
    expect(() => verifyLockedDown(process.pid)).toThrow(JailError);
    expect(() => verifyLockedDown(process.pid)).toThrow('has no filter of system calls');
  });

  it('has nothing against a process that has ended', () => {
    const { pid = 0 } = spawn('true', { stdio: 'ignore' });
    // Node waits for it when its event loop has its turn.
    while (stateOf(pid) !== 'Z') {
      expect(stateOf(pid)).toMatch(/[RSDZ]/);
    }

    expect(() => verifyLockedDown(pid)).not.toThrow();
  });

  it('says that there is no such process', () => {
    expect(() => verifyLockedDown(2 ** 30)).toThrow('ENOENT');
  });
});

import { constants } from 'node:fs';

import {
  lockFile,
  type LockMode,
  lockOpenFile,
  openFile,
  type OwnedFd,
  SharedMemory,
  SysError,
} from './index';

const { O_RDONLY, O_RDWR } = constants;

/** Another open file of the same memory. */
function openAgain(memory: SharedMemory, flags = O_RDWR): OwnedFd {
  return openFile(`/proc/self/fd/${memory.fd.raw}`, flags);
}

describe('lockFile', () => {
  const cases: [LockMode, LockMode, boolean][] = [
    ['shared', 'shared', true],
    ['shared', 'exclusive', false],
    ['exclusive', 'shared', false],
    ['exclusive', 'exclusive', false],
  ];

  it.each(cases)('with a lock that is %s, another that is %s: %s', (first, second, both) => {
    using memory = SharedMemory.create('lock-test', 4096);
    using other = openAgain(memory);

    expect(lockFile(memory.fd.raw, first)).toBe(true);
    expect(lockFile(other.raw, second)).toBe(both);
  });

  it('stays with the open file until its last duplicate is closed', () => {
    using memory = SharedMemory.create('lock-test', 4096);
    using other = openAgain(memory);
    const holder = openAgain(memory);
    const duplicate = holder.dup();
    lockFile(holder.raw, 'exclusive');

    holder.close();
    expect(lockFile(other.raw, 'exclusive')).toBe(false);
    duplicate.close();
    expect(lockFile(other.raw, 'exclusive')).toBe(true);
  });

  it('needs a descriptor that may write for an exclusive lock', () => {
    using memory = SharedMemory.create('lock-test', 4096);
    using readOnly = openAgain(memory, O_RDONLY);

    const lock = () => lockFile(readOnly.raw, 'exclusive');
    expect(lock).toThrow(SysError);
    expect(lock).toThrow('fcntl(F_OFD_SETLK): bad file descriptor (EBADF)');
  });
});

describe('lockOpenFile', () => {
  it('is for one open file at a time, until that is closed', () => {
    const first = openFile('/proc/self', O_RDONLY);
    using second = openFile('/proc/self', O_RDONLY);

    const locked = [lockOpenFile(first.raw), lockOpenFile(second.raw)];
    first.close();

    expect([...locked, lockOpenFile(second.raw)]).toEqual([true, false, true]);
  });
});

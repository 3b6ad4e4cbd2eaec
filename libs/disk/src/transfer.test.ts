import { Errno, Iovecs } from '@crosvm/sys-util';

import { MORE, Transfer } from './transfer';

/** A transfer of two ranges of 1000 and 24 bytes from 4096 on, of descriptor 7 before 8. */
function begun(): Transfer {
  const transfer = new Transfer(7, 8);
  const iovecs = new Iovecs(2);
  iovecs.push(0x1000, 1000);
  iovecs.push(0x9000, 24);
  expect(transfer.begin(iovecs, 4096)).toBe(MORE);
  return transfer;
}

describe('a transfer', () => {
  it('is done at once if there is nothing to do, or all of it was done', () => {
    expect(new Transfer(7, 8).begin(new Iovecs(1), 0)).toBe(0);
    expect(begun().advance(1024)).toBe(0);
  });

  it('goes on behind what was done', () => {
    const transfer = begun();

    expect(transfer.advance(1010)).toBe(MORE);
    expect([transfer.offset, transfer.iovecs.addressOf(0), transfer.iovecs.total]).toEqual([
      5106,
      0x9000 + 10,
      14,
    ]);
    expect(transfer.advance(14)).toBe(0);
  });

  it('goes on with the image where O_DIRECT does not suit, and fails where the image does not', () => {
    const transfer = begun();
    const fds = [transfer.fd];

    expect(transfer.advance(-Errno.EINVAL)).toBe(MORE);
    fds.push(transfer.fd);
    expect(transfer.advance(-Errno.EINVAL)).toBe(-Errno.EINVAL);
    expect(fds).toEqual([7, 8]);
  });

  it.each([
    ['a signal asks for more', -Errno.EINTR, MORE],
    ['the end of the file is an error', 0, -Errno.EIO],
    ['an error is one', -Errno.ENOSPC, -Errno.ENOSPC],
  ])('%s', (_, result, state) => {
    expect(begun().advance(result)).toBe(state);
  });
});

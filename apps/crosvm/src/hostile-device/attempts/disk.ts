import type { Attempt, Outcome } from '../attempt';
import type { Attacker } from '../attacker';
import { constant, flags } from '../constants';

const TWO_POW_31 = 2 ** 31;
const IMAGE_SIZE = 64 * 1024;

/** What file systems say that cannot do it. */
const NOT_HERE = 'EOPNOTSUPP';

function write(attacker: Attacker, fd: number, offset: number): number {
  const range = attacker.longs(attacker.text('x'), 1);
  return attacker.call('pwritev', fd, range, 1, offset);
}

/** What the policy permits of one descriptor, done with another. */
function permitted(what: string, everywhere: Outcome, run: Attempt['run']): Attempt {
  const list = [everywhere];
  return { name: what, run, jailed: everywhere, unfiltered: list, free: list };
}

/** Takes blocks behind the end of the image, in one of the ways of fallocate(2). */
function allocate(attacker: Attacker, ...mode: readonly string[]): number {
  return attacker.call('fallocate', attacker.fd('image'), flags(...mode), IMAGE_SIZE, IMAGE_SIZE);
}

/** What the policy of disks permits. It is not the sandbox that keeps a device from it, if anything. */
export const DISK: readonly Attempt[] = [
  {
    // Sealed by whoever made it; in a jail the limit on the size of files comes first.
    name: 'more memory for the guest',
    run: (attacker) => write(attacker, attacker.fd('memory'), TWO_POW_31),
    jailed: 'EFBIG',
    unfiltered: ['EFBIG'],
    free: ['EPERM'],
  },
  permitted('sectors of what is no disk', 'ENOTTY', (attacker) =>
    attacker.call('ioctl', attacker.fd('terminal'), constant('BLKDISCARD'), attacker.longs(0, 0)),
  ),
  permitted('a file that is open for reading', 'EBADF', (attacker) =>
    write(attacker, attacker.fd('program'), 0),
  ),
  {
    // A limit on the size of files.
    name: 'an image that is larger',
    run: (attacker) => write(attacker, attacker.fd('image'), IMAGE_SIZE),
    jailed: 'EFBIG',
    unfiltered: ['EFBIG'],
    free: ['works'],
  },
  {
    // The same limit.
    name: 'zeroes behind the end of an image',
    run: (attacker) => allocate(attacker, 'FALLOC_FL_ZERO_RANGE'),
    jailed: ['EFBIG', NOT_HERE],
    unfiltered: ['EFBIG', NOT_HERE],
    free: ['works', NOT_HERE],
  },
  {
    // For which there is no limit.
    name: 'blocks behind the end of an image, which keeps its size',
    run: (attacker) => allocate(attacker, 'FALLOC_FL_ZERO_RANGE', 'FALLOC_FL_KEEP_SIZE'),
    isLast: true,
    jailed: 'forbidden fallocate',
    unfiltered: ['works', NOT_HERE],
    free: ['works', NOT_HERE],
  },
];

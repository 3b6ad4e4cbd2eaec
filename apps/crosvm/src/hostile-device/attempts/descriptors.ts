import { type Attempt, single } from '../attempt';
import { constant, flags } from '../constants';

/** Room for two descriptors. */
const PIPES = 8;
const EPOLL_CTL_MOD = 3;

/** What can be done with the descriptors that a device has. */
export const DESCRIPTORS: readonly Attempt[] = [
  single(
    'the terminal, to control it',
    'ioctl',
    [
      ['works', 'EPERM'],
      ['works', 'EPERM'],
    ],
    (a) => [a.fd('terminal'), constant('TIOCSCTTY'), 0],
  ),
  single(
    'keys into the terminal',
    'ioctl',
    [
      ['works', 'EPERM', 'EIO'],
      ['works', 'EPERM', 'EIO'],
    ],
    (a) => [a.fd('terminal'), constant('TIOCSTI'), a.text('x')],
  ),
  single('the settings of the terminal', 'ioctl', ['works', 'works'], (a) => [
    a.fd('terminal'),
    constant('TCGETS'),
    a.room(64),
  ]),
  single('of a disk, on a socket', 'ioctl', ['ENOTTY', 'ENOTTY'], (a) => [
    a.fd('socket'),
    constant('BLKDISCARD') + 2 ** 32,
    a.longs(0, 0),
  ]),
  single('signals to the VMM', 'fcntl', ['ESRCH', 'works'], (a) => [
    a.fd('socket'),
    constant('F_SETOWN'),
    a.world.vmm,
  ]),
  single(
    'more room',
    'fcntl',
    [
      ['EPERM', 'works'],
      ['works', 'EPERM'],
    ],
    (a) => [a.fd('socket'), constant('F_DUPFD'), 900],
  ),
  single('the guest less memory', 'ftruncate', ['EPERM', 'EPERM'], (a) => [a.fd('memory'), 4096]),
  single('the image larger', 'ftruncate', ['EFBIG', 'works'], (a) => [a.fd('image'), 65_537]),
  single('the image for everybody', 'fchmod', ['works', 'works'], (a) => [a.fd('image'), 0o666]),
  single('the image to somebody', 'fchown', [['EPERM', 'EINVAL'], 'works'], (a) => [
    a.fd('image'),
    0,
    0,
  ]),
  single(
    'the image',
    'fsetxattr',
    [
      ['works', 'ENOTSUP', 'EOPNOTSUPP'],
      ['works', 'ENOTSUP', 'EOPNOTSUPP'],
    ],
    (a) => [a.fd('image'), a.text('user.x'), a.text('x'), 1, 0],
  ),
  single('the image', 'flock', ['works', 'works'], (a) => [a.fd('image'), 4 | 1]),
  single('what there is', 'recvmsg', ['EAGAIN', 'EAGAIN'], (a) => [
    a.fd('socket'),
    a.room(56),
    flags('MSG_PEEK', 'MSG_DONTWAIT'),
  ]),
  single('what there is none of', 'epoll_ctl', ['EFAULT', 'EFAULT'], () => [
    -1,
    EPOLL_CTL_MOD,
    -1,
    0,
  ]),
  single('a second one', 'dup', ['works', 'works'], (a) => [a.fd('socket')]),
  single('another one', 'dup2', ['works', 'works'], (a) => [a.fd('socket'), a.fd('socket')]),
  single('of its own', 'pipe2', ['works', 'works'], (a) => [a.room(PIPES), 0]),
  single('of the image', 'sendfile', ['works', 'works'], (a) => [
    a.fd('socket'),
    a.fd('image'),
    0,
    0,
  ]),
  single('of the image', 'copy_file_range', ['works', 'works'], (a) => [
    a.fd('image'),
    0,
    a.fd('image'),
    0,
    0,
    0,
  ]),
];

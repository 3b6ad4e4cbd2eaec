import { Errno, SysError } from '@crosvm/sys-util';

import { attachError, configureError, openTunError, TapError } from './tap-error';

const cause = (code: keyof typeof Errno): SysError => new SysError('ioctl(TUNSETIFF)', Errno[code]);

describe('errors of TAP interfaces', () => {
  it.each([
    ['ENOENT', 'NO_TUN', 'there is no /dev/net/tun', 'load the module: sudo modprobe tun'],
    ['ENODEV', 'NO_TUN', 'there is no /dev/net/tun', 'load the module: sudo modprobe tun'],
    ['EACCES', 'NO_PERMISSION', 'no permission to use /dev/net/tun', 'CAP_NET_ADMIN'],
    ['EMFILE', 'FAILED', 'cannot open /dev/net/tun', undefined],
  ] as const)('opening the driver: %s', (errno, code, message, hint) => {
    const error = openTunError('/dev/net/tun', cause(errno)) as TapError;

    expect(error).toBeInstanceOf(TapError);
    expect(error).toMatchObject({ code, message });
    expect(error.hint ?? '').toContain(hint ?? '');
    expect(error.cause).toEqual(cause(errno));
  });

  it.each([
    ['EPERM', 1, 'NO_PERMISSION', "no permission to make or use TAP interface 't'"],
    ['EBUSY', 1, 'BUSY', "TAP interface 't' is in use by another program, or exists already"],
    ['EINVAL', 1, 'NOT_A_TAP', "'t' is no TAP interface"],
    ['EINVAL', 2, 'UNSUITABLE', "'t' is no TAP interface with several queues"],
    ['E2BIG', 300, 'UNSUITABLE', "TAP interface 't' cannot have 300 more queues"],
    ['ENOMEM', 1, 'FAILED', "cannot make or use TAP interface 't'"],
  ] as const)('making the interface: %s with %i queues', (errno, queues, code, message) => {
    expect(attachError('t', queues, cause(errno))).toMatchObject({ code, message });
  });

  it.each([
    ['EPERM', 'NO_PERMISSION', "no permission to set the MTU of interface 't'"],
    ['ENODEV', 'NOT_FOUND', "there is no interface 't'"],
    ['EINVAL', 'BAD_VALUE', "cannot set the MTU of interface 't'"],
    ['EBUSY', 'BUSY', "cannot set the MTU of interface 't'"],
    ['EIO', 'FAILED', "cannot set the MTU of interface 't'"],
  ] as const)('setting something: %s', (errno, code, message) => {
    expect(configureError('t', 'the MTU', cause(errno))).toMatchObject({ code, message });
  });
});

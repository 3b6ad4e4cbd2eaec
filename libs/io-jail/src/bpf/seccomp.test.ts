import { decodeAction } from '../index';
import { AUDIT_ARCH } from './seccomp';

describe('decodeAction', () => {
  it.each([
    [0x8000_0000, { kind: 'kill-process' }],
    [0, { kind: 'kill-thread' }],
    [0x0003_0007, { kind: 'trap', data: 7 }],
    [0x0005_0026, { kind: 'errno', errno: 38 }],
    [0x0005_ffff, { kind: 'errno', errno: 4095 }],
    [0x7fc0_0000, { kind: 'notify' }],
    [0x7ff0_0001, { kind: 'trace', data: 1 }],
    [0x7ffc_0000, { kind: 'log' }],
    [0x7fff_0000, { kind: 'allow' }],
    [0x1234_0000, { kind: 'kill-process' }],
  ])('takes 0x%s for what the kernel does', (value, action) => {
    expect(decodeAction(value)).toEqual(action);
  });
});

it('the architectures are those of linux/audit.h', () => {
  expect(AUDIT_ARCH).toEqual({ x86_64: 0xc000_003e, aarch64: 0xc000_00b7 });
});

import type { MsrEntry } from '@crosvm/kvm';
import { SysError } from '@crosvm/sys-util';

import { setupMsrs } from './msrs';

const MISC_ENABLE = 0x1a0;

/** A vCPU that refuses one MSR in a way of its own. */
function vcpuWithout(refused: number, error: Error) {
  const set = new Map<number, bigint>();
  const setMsrs = (list: readonly MsrEntry[]): void => {
    for (const { index, data } of list) {
      if (index === refused) {
        throw error;
      }
      set.set(index, data);
    }
  };
  return { set, setMsrs };
}

describe('setupMsrs', () => {
  it('goes on without an MSR that KVM does not have, and says which', () => {
    const vcpu = vcpuWithout(MISC_ENABLE, new Error('KVM does not set MSR 0x1a0'));
    const skipped: string[] = [];

    setupMsrs(vcpu, (name) => skipped.push(name));

    expect(skipped).toEqual(['MSR_IA32_MISC_ENABLE']);
    expect(vcpu.set.size).toBe(9);
    expect(vcpu.set.get(0x2ff)).toBe(0x806n);
  });

  it('does not go on when KVM fails altogether', () => {
    const vcpu = vcpuWithout(MISC_ENABLE, new SysError('ioctl(KVM_SET_MSRS)', 9));
    expect(() => setupMsrs(vcpu, () => undefined)).toThrow('EBADF');
  });
});

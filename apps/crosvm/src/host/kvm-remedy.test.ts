import { chmodSync, mkdirSync } from 'node:fs';

import { type KvmUnavailableCode, KvmUnavailableError } from '@crosvm/kvm';

import { kvmRemedy, permissionRemedy } from './kvm-remedy';
import { TemporaryHost } from './testing/temporary-host';

const USER = 1000;
const NESTED = 'bin/nested-host -- crosvm run ... works without it';

function unavailable(code: KvmUnavailableCode): KvmUnavailableError {
  return new KvmUnavailableError(code, 'message', 'the hint of the error');
}

describe('the remedy for a missing KVM', () => {
  test.each([
    ['fpu vmx', 'load the kernel module: sudo modprobe kvm_intel'],
    ['fpu svm hypervisor', 'load the kernel module: sudo modprobe kvm_amd'],
    [
      'fpu hypervisor',
      `this is a virtual machine: switch on nested virtualization in its host; ${NESTED}`,
    ],
    ['fpu', `switch on virtualization (VT-x, AMD-V) in the machine's firmware; ${NESTED}`],
  ])('on a processor with %j is for that', (flags, remedy) => {
    using host = new TemporaryHost();
    host.write('cpuinfo', `flags\t: ${flags}\n`);
    expect(kvmRemedy(unavailable('KVM_MISSING'), host.paths)).toBe(remedy);
    expect(kvmRemedy(unavailable('KVM_NO_SUPPORT'), host.paths)).toBe(remedy);
  });

  test('in a container is to pass it in', () => {
    using host = new TemporaryHost();
    mkdirSync(host.paths.kvmClass);
    const { kvm } = host.paths;
    expect(kvmRemedy(unavailable('KVM_MISSING'), host.paths)).toBe(
      `the kernel has KVM, but this container has no ${kvm}: start it with --device ${kvm}`,
    );
  });
});

describe('the remedy for a KVM that may not be used', () => {
  const error = unavailable('KVM_NO_PERMISSION');

  const groups = 'root:x:0:\nother:x:10:\nvirt:x:104:a,b\n';
  const join = (group: string): string =>
    `join the group it belongs to and log in again: sudo usermod -a -G ${group} $USER`;

  test.each([
    [{ gid: 104, mode: 0o20660 }, 'virt'],
    [{ gid: 999, mode: 0o20666 }, '999'],
    [undefined, 'kvm'],
  ])('is the group of the device: %j', (device, group) => {
    using host = new TemporaryHost();
    expect(permissionRemedy(host.write('groups', groups).paths, device)).toBe(join(group));
  });

  test.each([
    { gid: 104, mode: 0o20600 },
    { gid: 104, mode: 0o20640 },
    { gid: 0, mode: 0o20660 },
  ])('is to give it a group: %j', (device) => {
    using host = new TemporaryHost();
    expect(permissionRemedy(host.write('groups', groups).paths, device)).toMatch(
      /^let the kvm group use it: sudo chgrp kvm .*, and log in again$/,
    );
  });

  test('looks at the device', () => {
    using host = new TemporaryHost();
    expect(kvmRemedy(error, host.paths, USER)).toBe(join('kvm'));
    chmodSync(host.write('kvm', '').paths.kvm, 0o600);
    expect(kvmRemedy(error, host.paths, USER)).toMatch(/^let the kvm group use it/);
  });

  test('is the container for root', () => {
    using host = new TemporaryHost();
    expect(kvmRemedy(error, host.paths, 0)).toBe(
      `not even root may use it in this container: start it with --device ${host.paths.kvm}`,
    );
  });
});

describe('the remedy for another error', () => {
  test.each<KvmUnavailableCode>(['KVM_NOT_KVM', 'KVM_OLD_API'])('%s is its own', (code) => {
    using host = new TemporaryHost();
    expect(kvmRemedy(unavailable(code), host.paths)).toBe('the hint of the error');
  });
});

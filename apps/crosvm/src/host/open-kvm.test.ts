import { KVM_CAP_IRQFD, KVM_CAP_MAX_VCPUS, KVM_CAP_NR_VCPUS, KVM_CAP_PIT2 } from '@crosvm/kvm-sys';

import { errorText } from '../cli/error-text';
import { outcome } from '../cli/testing/outcome';
import { checkKvm, openKvm } from './open-kvm';
import { TemporaryHost } from './testing/temporary-host';

/** A KVM that answers 1 to everything but these. */
function kvmWith(answers: Record<number, number>) {
  return { checkExtension: (capability: number) => answers[capability] ?? 1 };
}

describe('checkKvm', () => {
  test('accepts a KVM that has everything', () => {
    expect(() => checkKvm(kvmWith({ [KVM_CAP_MAX_VCPUS]: 8 }), 8)).not.toThrow();
  });

  test('names every capability that is missing', () => {
    const kvm = kvmWith({ [KVM_CAP_PIT2]: 0, [KVM_CAP_IRQFD]: 0 });
    expect(outcome(() => checkKvm(kvm, 1))).toMatchObject({
      message: "this machine's KVM lacks KVM_CAP_IRQFD, KVM_CAP_PIT2",
      hint: 'run a newer kernel on this machine',
    });
  });

  test.each([
    [{ [KVM_CAP_MAX_VCPUS]: 8, [KVM_CAP_NR_VCPUS]: 2 }, 8],
    [{ [KVM_CAP_MAX_VCPUS]: 0, [KVM_CAP_NR_VCPUS]: 2 }, 2],
    [{ [KVM_CAP_MAX_VCPUS]: 0, [KVM_CAP_NR_VCPUS]: 0 }, 4],
  ])('refuses more vCPUs than KVM has room for: %j', (answers, most) => {
    const kvm = kvmWith(answers);
    expect(() => checkKvm(kvm, most)).not.toThrow();
    expect(outcome(() => checkKvm(kvm, most + 1))).toMatchObject({
      message: `--cpus ${most + 1} is more than this machine's KVM can run`,
      hint: `say --cpus ${most} or less`,
    });
  });
});

describe('openKvm', () => {
  test('tells a missing KVM with the remedy', () => {
    using host = new TemporaryHost();
    host.write('cpuinfo', 'flags\t: svm\n');
    const error = outcome(() => openKvm(1, host.paths));
    const { kvm } = host.paths;
    expect(errorText(error)).toBe(
      `there is no ${kvm}: open ${kvm}: no such file or directory (ENOENT)`,
    );
    expect(error).toMatchObject({ hint: 'load the kernel module: sudo modprobe kvm_amd' });
  });

  test('tells a file that is no KVM', () => {
    using host = new TemporaryHost();
    const { kvm } = host.write('kvm', '').paths;
    const error = outcome(() => openKvm(1, host.paths));
    expect(errorText(error)).toMatch(`${kvm} is not KVM: `);
    expect(error).toMatchObject({ hint: 'name the device of KVM, which is /dev/kvm' });
  });
});

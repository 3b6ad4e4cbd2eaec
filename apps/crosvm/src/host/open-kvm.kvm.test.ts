import { outcome } from '../cli/testing/outcome';
import { openKvm } from './open-kvm';

describe("openKvm with this machine's KVM", () => {
  test('accepts it', () => {
    using kvm = openKvm(1);
    expect(kvm.apiVersion).toBe(12);
  });

  test('refuses more vCPUs than it has room for', () => {
    expect(outcome(() => openKvm(1_000_000))).toMatchObject({
      message: "--cpus 1000000 is more than this machine's KVM can run",
      hint: expect.stringMatching(/^say --cpus \d+ or less$/) as string,
    });
  });
});

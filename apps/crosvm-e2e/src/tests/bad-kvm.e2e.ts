import { writeFileSync } from 'node:fs';

import { elfFile } from '../fixtures/elf';
import { expectRefusal } from '../fixtures/refusal';
import {
  Crosvm,
  END_MS,
  hostLacksCompiler,
  hostLacksKvm,
  hostLacksNamespaces,
  hostLacksPvm,
  Scratch,
  testUnless,
  tooSlow,
  withIoctlDenied,
  withKvmDevice,
} from '../harness';

const KVM_GET_API_VERSION = 0xae00;
const KVM_CHECK_EXTENSION = 0xae03;

const files = new Scratch();
const kernel = files.file('vmlinux');
beforeAll(() => writeFileSync(kernel, elfFile()));
afterAll(() => files[Symbol.dispose]());

describe('without a KVM that can be used, crosvm run says what to do', () => {
  const devices = [
    { kvm: 'missing', says: /there is no \/dev\/kvm/, hint: /--device|modprobe|nested-host/ },
    { kvm: 'forbidden', says: /no permission to use \/dev\/kvm/, hint: /--device|usermod/ },
    { kvm: 'other', says: /\/dev\/kvm is not KVM/, hint: /./ },
  ] as const;

  for (const [index, { kvm, says, hint }] of devices.entries()) {
    testUnless(
      hostLacksNamespaces() ?? tooSlow(index),
      `with a /dev/kvm that is ${kvm}`,
      async () => {
        using directory = new Scratch();
        const wrapper = withKvmDevice(kvm, directory.path);
        await expectRefusal(['run', kernel], { status: 1, says, hint }, { wrapper });
      },
    );
  }

  const lack = tooSlow() ?? hostLacksKvm() ?? hostLacksCompiler();

  testUnless(lack, 'with a KVM of another version', async () => {
    const says = /\/dev\/kvm speaks version 0 of the KVM API, version 12 is needed/;
    const wrapper = withIoctlDenied(KVM_GET_API_VERSION);
    await expectRefusal(['run', kernel], { status: 1, says, hint: /newer kernel/ }, { wrapper });
  });

  testUnless(lack, 'with a KVM that lacks what is needed', async () => {
    const says = /KVM lacks KVM_CAP_/;
    const wrapper = withIoctlDenied(KVM_CHECK_EXTENSION);
    await expectRefusal(['run', kernel], { status: 1, says, hint: /newer kernel/ }, { wrapper });
  });
});

describe('a stock kernel on a KVM that cannot run it', () => {
  const stock = [
    ['bzImage', process.env.CROSVM_STOCK_BZIMAGE],
    ['vmlinux', process.env.CROSVM_STOCK_VMLINUX],
  ] as const;

  for (const [name, path] of stock) {
    testUnless(hostLacksPvm(), `comes with one line about bin/nested-host: ${name}`, async () => {
      await using vm = Crosvm.spawn(['run', '-p', 'quiet', path ?? ''], { noInput: true });
      await vm.stderr.expect(/nested-host/, END_MS);
      expect(vm.stderr.text).toMatch(/^.*PVM.*bin\/nested-host.*$/m);
    });
  }
});

import { join } from 'node:path';

import { describeAbi } from '@crosvm/data-model/testing';

import * as kvmSys from './index';

const golden = join(__dirname, 'golden/x86_64.json');

describeAbi({
  title: 'sizes, offsets, ioctl numbers and constants',
  exports: kvmSys,
  golden,
  covers: {
    kvm_run: '2352 bytes',
    'kvm_run.io.data_offset': '8 bytes at 40',
    'kvm_vcpu_events.triple_fault.pending': '1 bytes at 28',
    KVM_SET_USER_MEMORY_REGION: '0x4020ae46',
  },
  atLeast: 800,
});

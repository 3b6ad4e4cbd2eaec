import { join } from 'node:path';

import { describeAbi, readGolden } from '@crosvm/data-model/testing';

import * as abi from './index';

const golden = join(__dirname, 'golden/x86_64.json');

describeAbi({
  title: 'the layouts and numbers of the boot parameters',
  exports: abi,
  golden,
  covers: {
    boot_params: '4096 bytes',
    'boot_params.hdr.init_size': '4 bytes at 608',
    'boot_params.e820_table': '2560 bytes at 720',
  },
  atLeast: 70,
});

describe('the layouts and numbers of the boot parameters', () => {
  it('are all in the headers', () => {
    expect(readGolden(golden).missing).toEqual([]);
  });
});

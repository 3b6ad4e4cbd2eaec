import { join } from 'node:path';

import { describeAbi, readGolden } from '@crosvm/data-model/testing';

import * as abi from './index';

const golden = join(__dirname, 'golden/x86_64.json');

describeAbi({
  title: 'the layouts and numbers of ELF and of the setup header',
  exports: abi,
  golden,
  covers: {
    setup_header: '123 bytes',
    'setup_header.init_size': '4 bytes at 111',
    elf64_phdr: '56 bytes',
  },
  atLeast: 90,
});

describe('the layouts and numbers of ELF and of the setup header', () => {
  it('are all in the headers', () => {
    expect(readGolden(golden).missing).toEqual([]);
  });
});

import { join } from 'node:path';

import { describeAbi, readGolden } from '@crosvm/data-model/testing';

import * as netSys from './index';

const golden = join(__dirname, 'golden/x86_64.json');

describeAbi({
  title: 'sizes, offsets, ioctl numbers and constants',
  exports: netSys,
  golden,
  covers: {
    ifreq: '40 bytes',
    'ifmap.irq': '1 bytes at 18',
    'sockaddr_in.sin_addr': '4 bytes at 4',
    TUNSETIFF: '0x400454ca',
    SIOCSIFHWADDR: '0x8924',
  },
  atLeast: 70,
});

describe('constants', () => {
  it('are in the headers, but for those of newer kernels', () => {
    expect(readGolden(golden).missing).toEqual(['TUN_F_USO4', 'TUN_F_USO6']);
  });
});

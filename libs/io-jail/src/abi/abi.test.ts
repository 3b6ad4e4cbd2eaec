import { join } from 'node:path';

import { describeAbi } from '@crosvm/data-model/testing';

import * as abi from './index';

describeAbi({
  title: 'C structs and constants of jails',
  exports: abi,
  golden: join(__dirname, 'golden/x86_64.json'),
  covers: {
    'seccomp_notif.data': '64 bytes at 16',
    seccomp_notif_resp: '24 bytes',
    'sock_fprog.filter': '8 bytes at 8',
    SECCOMP_IOCTL_NOTIF_RECV: '0xc0502100',
    CLONE_NEWUSER: '0x10000000',
  },
  atLeast: 40,
});
